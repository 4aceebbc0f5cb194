//! Something does not work here, and may be ours or theirs.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        subjects: &[
            "Unable to login",
            "Cannot sign in after password reset",
            "Sign-in loops back to the start page",
        ],
        problems: &[
            "I cannot sign in since {day}. The page accepts my password and then shows the sign-in form again. Other people in the office can get in.",
            "I have reset my password twice, and each time the new one is refused as wrong. My address is the one that I write from.",
        ],
        asks: &[
            "Could you try a private window and tell us the exact words of the message, if there is one?",
        ],
        answers: &["In a private window it works! In the normal one it is still the same."],
        notes: &["Sign-in log shows success each time, then a stale session cookie is sent."],
        cures: &[
            "An old cookie was in the way. Please clear the site data for Harbor once; after that the normal window works like the private one.",
        ],
        tags: &["sign-in"],
    },
    Topic {
        subjects: &["Single sign-on with our identity provider fails", "SAML: audience mismatch"],
        problems: &[
            "We are setting up single sign-on. The test ends with 'audience does not match'. We followed the guide step by step.",
            "Since we replaced the certificate of our identity provider nobody can sign in through it. Passwords are disabled, so all {count} of us are locked out.",
        ],
        asks: &[
            "Please send the metadata of your provider (no keys, only the public part) and the value you entered as entity id.",
        ],
        answers: &["Metadata attached. The entity id is the address of our tenant with a slash at the end."],
        notes: &["Trailing slash. Guide should say so; told documentation."],
        cures: &[
            "The entity id must stand without the slash at the end. We changed it on our side and your test sign-in at {time} went through.",
        ],
        tags: &["sign-in", "sso"],
    },
    Topic {
        subjects: &["Installer is blocked by our proxy", "Cannot update behind the company firewall"],
        problems: &[
            "The updater says 'no connection' on all machines in our office network. At home the same laptop updates without a problem. We use a proxy with inspection.",
            "Our IT blocks unknown hosts. Which addresses does the desktop app need, and on which ports?",
        ],
        asks: &["Is the proxy set in the system settings or handed out by a script?"],
        answers: &["By a script. IT says it answers with the proxy for every host."],
        notes: &["Updater does not evaluate scripts. Known limitation, planned."],
        cures: &[
            "The updater reads the proxy from the environment if a script is in use: set HTTPS_PROXY for the service and it goes through. The list of hosts is in the article on networks.",
        ],
        tags: &["network", "install"],
    },
    Topic {
        subjects: &["E-mail notifications do not arrive", "No mails from Harbor since {day}"],
        problems: &[
            "Nobody in our team gets notification mails any more, since about {day}. They are not in the spam folder either.",
            "Mentions are shown in the app, but no mail comes. It is only people with addresses of our new domain.",
        ],
        asks: &[
            "May we send a test mail now? Please tell us an address and whether your mail server keeps a quarantine.",
        ],
        answers: &["Please do. There is a quarantine, and it is full of your mails, I just found out."],
        notes: &[
            "Their gateway quarantines because of a new rule for links. Our records (SPF, DKIM) are fine.",
        ],
        cures: &[
            "Your gateway held the mails back. With our sending domain on its list they arrive; the test at {time} came through at once.",
        ],
        tags: &["e-mail", "notifications"],
    },
    Topic {
        subjects: &["Calendar subscription shows old entries", "Our calendar feed is two days behind"],
        problems: &[
            "The calendar that I subscribe to in my mail program shows tasks that were moved days ago. A new subscription is right at first and then stays behind too.",
            "Tasks that were deleted are still in the subscribed calendar of all {count} colleagues.",
        ],
        asks: &[
            "Which program subscribes to it, and how often does it ask for news? It is usually set in the properties of the calendar.",
        ],
        answers: &["It is set to once a week! I did not know."],
        notes: &["Feed is right at the source. Client's interval."],
        cures: &[
            "Your program asks for news once a week only. With an hour, which is what we recommend, the moved tasks appear.",
        ],
        tags: &["calendar"],
    },
    Topic {
        subjects: &["API answers 401 with a fresh token", "API: rate limit reached after few requests"],
        problems: &[
            "Our integration gets 401 for each request, with a token that was created today. The same token works with the example from the documentation.",
            "We are told that the rate limit is reached, although we send {count} requests a minute at most.",
        ],
        asks: &[
            "Could you send one request with its headers (the token replaced by stars) and the id from the answer's X-Request-Id?",
        ],
        answers: &["Here it is: {code}. I notice a line break at the end of our header."],
        notes: &["Secret read from a file with a newline at the end. Classic."],
        cures: &[
            "The token was sent with a line break at its end. Once it is trimmed, your requests pass; we see them in our log since {time}.",
        ],
        tags: &["api", "integration"],
    },
    Topic {
        subjects: &["Moving our data to the new server", "Migration from the self-hosted edition"],
        problems: &[
            "We want to move from our own server to the cloud edition. About {count} projects with attachments. What is the order of steps, and how long will we be offline?",
            "The migration stopped at {count} % with 'attachment missing'. May we go on without it, or does it have to be repeated?",
        ],
        asks: &[
            "Please run the check of the migration tool first and send us its summary. It changes nothing.",
        ],
        answers: &["Summary attached: {count} warnings, no errors."],
        notes: &["Warnings are thumbnails only. Fine to go on. Offered the maintenance window on Sunday."],
        cures: &[
            "The missing files are previews, which are made again by themselves. The migration went through in our window and the counts on both sides agree.",
        ],
        tags: &["migration"],
    },
    Topic {
        subjects: &["Slow since the move to the new office", "Everything loads slowly"],
        problems: &[
            "Since we moved, opening a board takes ten seconds and more. The rest of the internet is quick. {browser} on {system}.",
            "In the afternoon Harbor gets so slow that we work with printed lists. In the morning it is fine.",
        ],
        asks: &[
            "Please open the status page in the app (Help > Connection) during a slow moment and send a picture of it.",
        ],
        answers: &["Picture attached. The line 'round trip' is red and says {count}00 ms."],
        notes: &["Their uplink saturates when the backup runs. Nothing on our side."],
        cures: &[
            "The measurements show your line full each afternoon; your colleague found the backup that runs then. Since it was moved to the night the times are normal.",
        ],
        tags: &["performance", "network"],
    },
];
