<?php
$x = stream_context_create(["socket" => ["tcp_nodelay" => true], "foo" => ["bar" => 1]], ["notification" => "cb", "x" => 1]);
p(stream_context_get_options($x), stream_context_get_params($x), get_resource_type($x));
p(stream_context_set_params($x, ["options" => ["socket" => ["backlog" => 5]]]), stream_context_get_options($x));
p(stream_context_set_option($x, "socket", "bindto", "0:0"), stream_context_set_option($x, ["ssl" => ["verify_peer" => false]]), stream_context_get_options($x));
t(fn() => stream_context_create(["socket" => 5]));
t(fn() => stream_context_create([5]));
t(fn() => stream_context_create([["a" => 1]]));
t(fn() => stream_context_create(null, ["options" => 5]));
t(fn() => stream_context_create("x"));
t(fn() => stream_context_set_option($x, ["ssl" => 1]));
t(fn() => stream_context_set_option($x, ["ssl" => []], "y"));
t(fn() => stream_context_set_option($x, "ssl"));
t(fn() => stream_context_set_option($x, "ssl", null, 5));
t(fn() => stream_context_set_option($x, "ssl", "b"));
t(fn() => stream_context_get_options("x"));
t(fn() => stream_context_set_params($x, "x"));
t(fn() => stream_context_get_params("x"));
