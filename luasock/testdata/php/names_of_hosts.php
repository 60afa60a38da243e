<?php
p(gethostbyname("127.0.0.1"), gethostbyname("localhost"), gethostbyname("no.such.invalid"), gethostbyname(""));
p(gethostbyname(str_repeat("x", 256)));
p(gethostbynamel("127.0.0.1"), gethostbynamel("localhost"), gethostbynamel("no.such.invalid"));
p(gethostbyaddr("nonsense"));
p(gethostbyaddr("203.0.113.77"));
p(strlen(gethostname()) > 0);
t(fn() => gethostbyname());
t(fn() => gethostbyname([]));
t(fn() => gethostbyaddr());
t(fn() => gethostname(1));
