<?php
[$a, $b] = streams();
fwrite($a, "line one\nline two\n"); fclose($a); rest();
p(fpassthru($b));
t(fn() => fpassthru("x"));
