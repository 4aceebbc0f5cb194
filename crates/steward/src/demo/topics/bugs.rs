//! Something is broken.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        subjects: &[
            "Harbor crashes on startup since {version}",
            "Crash right after the splash screen",
            "The desktop app crashes when it starts",
        ],
        problems: &[
            "Since this morning Harbor crashes on every start. The window opens, shows the logo for about {count} seconds and closes without a message. We run {version} on {system}; reinstalling did not help.",
            "After the update to {version} the application crashes before I can sign in. Two colleagues with the same machine have it as well, a third one who has not updated works normally.",
        ],
        asks: &[
            "Could you send us the newest file from the crash reports folder? Help > Show logs opens it even when the main window does not come up.",
        ],
        answers: &[
            "The crash report is on its way by e-mail. It happened again at {time}, so the last entry should be it.",
        ],
        notes: &["The crash report ends in the font cache. Same stack as two other reports of this week."],
        cures: &[
            "The crash came from a damaged font cache that {version} no longer tolerated. The fix release ignores such files; please install it over the present version, your boards stay as they are.",
        ],
        tags: &["crash", "startup"],
    },
    Topic {
        subjects: &[
            "Timeline view freezes with more than {count} tasks",
            "Scrolling the timeline locks the whole window",
        ],
        problems: &[
            "As soon as I open the timeline of our largest project the window stops responding for half a minute. It holds about {count}0 tasks. Boards and lists of the same project are fine.",
            "Zooming out in the timeline freezes {browser}. The tab has to be killed. It worked last month with the same project.",
        ],
        asks: &[
            "Does it also happen with dependencies hidden (View > Dependencies)? That would tell us which half of the drawing is slow.",
        ],
        answers: &["With dependencies hidden it is quick again. We need to see them, though."],
        notes: &["Reproduced with the generated project. The layout walks every dependency for every row."],
        cures: &[
            "{version} lays dependencies out once for the whole view. Your project now opens in under a second on our side; please tell us if it does not on yours.",
        ],
        tags: &["timeline", "performance"],
    },
    Topic {
        subjects: &[
            "Changes from the phone do not arrive on the desktop",
            "Sync stuck at {count} pending changes",
        ],
        problems: &[
            "I tick tasks off on the phone in the warehouse, and in the office they are still open. The app says {count} changes are pending since {day}.",
            "Sync has been showing a yellow triangle since {day}. Signing out and in again brings it back within minutes.",
        ],
        asks: &[
            "Please open Settings > Sync on the phone, choose 'Send diagnostics', and tell us roughly when you did.",
        ],
        answers: &["Sent at {time}. In the meantime the number has grown by three."],
        notes: &[
            "One change refers to a board that was deleted on the server; everything behind it in the queue waits.",
        ],
        cures: &[
            "A change to a deleted board was blocking those behind it. We have cleared it on the server and nothing of yours was lost; {version} skips such changes by itself.",
        ],
        tags: &["sync", "mobile"],
    },
    Topic {
        subjects: &["Export to PDF cuts off the last column", "PDF report misses a column"],
        problems: &[
            "When we print the weekly report to PDF, the column with the due dates is cut off at the right edge. On screen all is there. {browser}, A4.",
            "Exports in landscape lose everything after the seventh column since {version}. Our client gets this report each {day}.",
        ],
        asks: &[
            "Which paper size and which scale are set in the export dialog? A screenshot of it would be perfect.",
        ],
        answers: &["A4, 100 %. With 90 % one more column is shown, but still not all."],
        notes: &[
            "Page width is computed before the optional columns are added. Easy to mend, needs a test for A4 and Letter.",
        ],
        cures: &[
            "The width is now computed from the columns that are shown. It is live since {time}; a new export has all of them.",
        ],
        tags: &["export", "reports"],
    },
    Topic {
        subjects: &[
            "App crashes when a photo is attached",
            "Crash while uploading a picture from the camera",
        ],
        problems: &[
            "Whenever I take a picture inside the app to attach it to a task, the app crashes and the picture is gone. Pictures from the gallery work. {system}.",
            "The mobile app crashes about every third time that somebody on site uploads a photo. We rely on these for our hand-over reports.",
        ],
        asks: &["How much free storage does the phone show, and which resolution is the camera set to?"],
        answers: &[
            "There are {count} GB free. The camera is at its highest setting, 108 megapixels I think.",
        ],
        notes: &["Out of memory while turning the picture. We should scale before we rotate."],
        cures: &[
            "Very large photos are now scaled down before anything else happens to them. The corrected app is in the stores as {version}.",
        ],
        tags: &["crash", "mobile", "attachments"],
    },
    Topic {
        subjects: &[
            "Reminders arrive an hour late",
            "All reminders off by one hour since the clocks changed",
        ],
        problems: &[
            "Since the weekend every reminder comes exactly one hour late. The tasks themselves show the right time. Our account is set to the right time zone.",
            "My team in two countries gets the same reminder at different times, although the task has one due time. It looks as if the change of the clocks was not taken over.",
        ],
        asks: &[
            "Were these reminders created before or after the weekend? One number of a task as an example would help.",
        ],
        answers: &["Before. A task that I made yesterday reminded me on time."],
        notes: &["Stored as an offset instead of a zone for series created on the phone."],
        cures: &[
            "Reminders in a series kept the offset of the day they were made. We have converted yours; new ones keep the zone.",
        ],
        tags: &["reminders", "time-zone"],
    },
    Topic {
        subjects: &["Search finds nothing with umlauts or accents", "Search ignores names with accents"],
        problems: &[
            "Looking for the project of our client in Zürich gives no result, while typing only the beginning up to the u finds it.",
            "Accented names cannot be found unless they are typed exactly as stored. Half of our customers have such names.",
        ],
        asks: &["Is that so on the web and on the desktop, or only in one of them?"],
        answers: &["Only on the web, in {browser}. The desktop finds them."],
        notes: &[
            "The web client normalises differently from the index. One line, but the cached index has to be rebuilt.",
        ],
        cures: &[
            "Search now treats letters with and without accents alike. Your index was rebuilt at {time}.",
        ],
        tags: &["search"],
    },
    Topic {
        subjects: &["Duplicate tasks after import", "CSV import creates every row twice"],
        problems: &[
            "I imported {count} rows from our old planner and got each of them twice. Undoing the import removed only one of the two.",
            "Importing the same file a second time with 'update existing' creates new tasks instead of updating them.",
        ],
        asks: &[
            "Could you attach the first ten lines of the file, names blackened as you like? We need to see the line endings and the id column.",
        ],
        answers: &["Here they are. The file comes from a spreadsheet, saved as CSV UTF-8."],
        notes: &["Byte order mark in front of the first header, so the id column is not recognised."],
        cures: &[
            "The file starts with an invisible mark that hid the id column from us. It is now skipped; we have removed the duplicates of your import and left the originals.",
        ],
        tags: &["import"],
    },
    Topic {
        subjects: &["Error 500 when opening the reports page", "Reports page shows 'something went wrong'"],
        problems: &[
            "Opening Reports gives 'something went wrong' and a code. All of us have it, in every browser. Boards work.",
            "The report 'Work by person' fails since {day}. The others open. We need it for the meeting on Thursday.",
        ],
        asks: &["What does the page say below the message? It is a code of eight characters."],
        answers: &["It says {code}. It was the same one each time."],
        notes: &["Division by zero for a person without working hours. Their calendar was emptied on {day}."],
        cures: &[
            "A person without working hours made the report fail. It now shows a dash for them; nothing needs to be changed on your side.",
        ],
        tags: &["reports", "outage"],
    },
];
