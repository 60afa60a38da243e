<?php
[$c, $s] = sockets(); [$f, $g] = streams();
$x = stream_context_create();
p(get_resource_type($f), get_resource_type($x), is_resource($x), is_resource($c));
fclose($f);
p(get_resource_type($f), is_resource($f));
t(fn() => get_resource_type("x"));
t(fn() => is_resource());
