<?php
	$fp = fsockopen($argv[1] ?? "udp://127.0.0.1", $argv[2] ?? 13, $errno, $errstr);
	if (!$fp) {
	    echo "ERROR: $errno - $errstr<br />\n";
	} else {
	    fwrite($fp, "\n");
	    echo fread($fp, 26);
	    fclose($fp);
	}
?>
