<?php
$file = getenv("SCRATCH") . "/cookies"; $jar = getenv("SCRATCH") . "/jar";
file_put_contents($file, "# Netscape HTTP Cookie File\n\n127.0.0.1\tFALSE\t/\tFALSE\t0\told\tvalue\n#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\thiddenone\tx\n" .
    ".example.test\tTRUE\t/p\tTRUE\t2000000000\tother\ty\nbroken line\n127.0.0.1\tFALSE\t/\tFALSE\t100\texpired\tvalue\n127.0.0.1\tFALSE\t/elsewhere\tFALSE\t0\telse\t\n");
$set = "HTTP/1.1 200 OK\r\nSet-Cookie: old=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/\r\nSet-Cookie: a=1\r\nSet-Cookie: bb=two; Path=/sub; HttpOnly\r\nSet-Cookie: ccc=\"3\"; Path=/\r\nSet-Cookie: dddd=4; Domain=127.0.0.1; Secure; Path=/\r\n" .
    "Set-Cookie: eeeee=5; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/\r\nSet-Cookie: foreign=1; Domain=example.test\r\nContent-Length: LEN\r\nConnection: close\r\n\r\n@";
function cookiesOf($answer) { preg_match('/Cookie: ([^|]*)/i', $answer, $m); $list = explode('; ', $m[1] ?? ''); sort($list); return implode('; ', $list); }
$server = serve([$set, $set, "HTTP/1.1 200 OK\r\nContent-Length: LEN\r\nConnection: close\r\n\r\n@", "HTTP/1.1 200 OK\r\nContent-Length: LEN\r\nConnection: close\r\n\r\n@"]);
$ch = curl_init("http://$server/sub/page");
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_FRESH_CONNECT, true);
curl_setopt($ch, CURLOPT_COOKIEFILE, $file);
curl_setopt($ch, CURLOPT_COOKIEJAR, $jar);
p(cookiesOf(curl_exec($ch)));
p(cookiesOf(curl_exec($ch)));
$list = curl_getinfo($ch, CURLINFO_COOKIELIST); sort($list);
foreach ($list as $line) p($line);
curl_close($ch);
unset($ch);
echo file_get_contents($jar);
$ch = curl_init("http://$server/sub/page");
curl_setopt_array($ch, [CURLOPT_RETURNTRANSFER => true, CURLOPT_FRESH_CONNECT => true, CURLOPT_COOKIEFILE => $jar]);
p(cookiesOf(curl_exec($ch)));
$ch = curl_init("http://$server/sub/page");
curl_setopt_array($ch, [CURLOPT_RETURNTRANSFER => true, CURLOPT_FRESH_CONNECT => true, CURLOPT_COOKIEFILE => $jar, CURLOPT_COOKIESESSION => true]);
p(cookiesOf(curl_exec($ch)));
