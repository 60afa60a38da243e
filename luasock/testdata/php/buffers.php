<?php
[$c, $s] = streams();
p(stream_set_read_buffer($c, 0), stream_set_read_buffer($c, 100), stream_set_write_buffer($c, 0), stream_set_write_buffer($c, 8192));
p(stream_supports_lock($c), stream_supports_lock(STDIN), stream_isatty($c), stream_isatty(STDIN), stream_is_local($c), stream_is_local(STDIN), stream_is_local("x"), stream_is_local("http://x/"));
t(fn() => stream_isatty(5));
t(fn() => stream_set_write_buffer($c));
t(fn() => stream_set_blocking($c, []));
t(fn() => stream_set_blocking($c));
p(stream_set_blocking($c, "0"), stream_get_meta_data($c)["blocked"], stream_set_blocking($c, "x"), stream_get_meta_data($c)["blocked"]);
