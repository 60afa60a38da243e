<?php
foreach ([301, 302, 303, 307, 308] as $status) {
    foreach ([0, CURL_REDIR_POST_301, CURL_REDIR_POST_302, CURL_REDIR_POST_303, CURL_REDIR_POST_ALL] as $keep) {
        $server = serve(["HTTP/1.1 $status Found\r\nLocation: /next\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: LEN\r\n\r\n@"]);
        $ch = curl_init("http://$server/");
        curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
        curl_setopt($ch, CURLOPT_FOLLOWLOCATION, true);
        curl_setopt($ch, CURLOPT_POSTFIELDS, "a=1");
        curl_setopt($ch, CURLOPT_POSTREDIR, $keep);
        p($status, $keep, curl_exec($ch), curl_errno($ch), curl_getinfo($ch, CURLINFO_EFFECTIVE_METHOD));
    }
}
