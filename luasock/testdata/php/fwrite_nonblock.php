<?php
[$c, $s] = streams();
stream_set_blocking($c, false);
$n = fwrite($c, str_repeat("x", 32000000));
p($n > 0, $n < 32000000);
$more = fwrite($c, "x"); // the kernel may have made room meanwhile
while ($more > 0) {
    $more = fwrite($c, str_repeat("x", 100000));
}
p($more);
