<?php
[$c, $s] = streams();
$none = null; $empty = []; $list = [$s];
t(fn() => stream_select($none, $none, $none, 0));
t(fn() => stream_select($empty, $empty, $none, 0));
t(fn() => stream_select($list, $none, $none, -1));
t(fn() => stream_select($list, $none, $none, 0, -1));
t(fn() => stream_select($list, $none, $none, null, 5));
t(fn() => stream_select($s, $none, $none, 0));
t(fn() => stream_select($list, $none, $none));
t(fn() => stream_select($list, $none, $none, "x"));
t(fn() => stream_select($list, $none, $none, 0.5));
t(fn() => stream_select($list, $none, $none, 0, 1100));
$files = [STDIN];
$n = stream_select($files, $none, $none, 0); p($n, $files);
