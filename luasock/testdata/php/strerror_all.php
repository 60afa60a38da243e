<?php
for ($i = 1; $i < 134; $i++) {
    p($i, socket_strerror($i));
}
