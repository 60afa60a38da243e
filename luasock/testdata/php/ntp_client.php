<?php
// A client of SNTP, and the server that it asks.
[$unused, $client] = datagrams();
$server2 = socket_create(AF_INET, SOCK_DGRAM, SOL_UDP); socket_bind($server2, "127.0.0.1"); socket_getsockname($server2, $a, $at);
$query = chr(0x23) . str_repeat("\0", 39) . pack("NN", 3900000000, 0x80000000);
p(socket_sendto($client, $query, strlen($query), 0, "127.0.0.1", $at));
p(socket_recvfrom($server2, $data, 1024, 0, $from, $its));
$asked = unpack("Cflags/x39/Nseconds/Nfraction", $data);
p($asked["flags"] & 7, ($asked["flags"] >> 3) & 7, $asked["seconds"], $from);
$answer = pack("CCCc", 0x24, 2, 6, -20) . pack("NN", 0x100, 0x200) . "LOCL" . pack("NN", 3899999999, 0) . substr($data, 40, 8) . pack("NN", 3900000001, 0x40000000) . pack("NN", 3900000001, 0x80000000);
socket_sendto($server2, $answer, strlen($answer), 0, $from, $its);
$r = ["ntp" => $client]; $w = null; $e = null;
p(socket_select($r, $w, $e, 5), count($r), isset($r["ntp"]));
p(socket_recv($client, $buf, 48, 0));
$t = unpack("Cflags/Cstratum/Cpoll/cprecision/Ndelay/Ndispersion/a4id/N2ref/N2org/N2rec/N2xmt", $buf);
p($t);
p(gmdate("Y-m-d H:i:s", $t["xmt1"] - 2208988800), bin2hex(substr($buf, 24, 8)));
