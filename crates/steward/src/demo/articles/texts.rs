//! What the articles say.

use crate::knowledge::Status;

pub struct Entry {
    pub title: &'static str,
    pub summary: &'static str,
    pub content: &'static str,
    pub category: i64,
    pub tags: &'static [&'static str],
    pub keywords: &'static [&'static str],
    pub status: Status,
    pub is_internal: bool,
}

#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    Entry {
        title: "Why the App Crashes on Startup",
        summary: "What to try when Harbor closes right after it opens.",
        content:
            "Harbor shows its logo and closes? Most crashes on startup have one of three causes.\n\n\
             ## Damaged font cache\n\n\
             1. Quit Harbor.\n2. Delete the folder `font-cache` beside the settings.\n3. Start Harbor again.\n\n\
             ## A plug-in\n\n\
             Hold **Shift** while it starts: plug-ins stay off.\n\n\
             ## Still crashing?\n\n\
             Send us the newest file of `crash-reports` in a case.",
        category: 3,
        tags: &["crash", "startup"],
        keywords: &["crash", "startup", "splash", "font cache"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "The Timeline Is Slow",
        summary: "How to make a large timeline quick again.",
        content:
            "Timelines with thousands of tasks may need seconds to draw.\n\n\
             - Hide dependencies: **View > Dependencies**.\n- Zoom to a quarter, not to a year.\n- Archive finished projects.\n\n\
             Since version 4.2 dependencies are laid out once for the whole view; updating helps most.",
        category: 3,
        tags: &["timeline", "performance"],
        keywords: &["freeze", "slow", "hang"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Changes Do Not Sync",
        summary: "What to check when phone and desktop show different things.",
        content:
            "A small number beside the cloud tells how many changes wait.\n\n\
             1. Open **Settings > Sync** and press **Sync now**.\n2. Check that both devices are signed in to the same account.\n3. Sign out and in again on the device that lags behind.\n\n\
             Nothing is lost meanwhile: waiting changes are kept on the device until they have been sent.",
        category: 3,
        tags: &["sync", "phone"],
        keywords: &["pending", "offline", "synchronise"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Notifications Do Not Arrive",
        summary: "E-mails, pushes and banners that stay away.",
        content:
            "Start with **Settings > Notifications**: is the event ticked at all?\n\n\
             E-mails: look into the spam folder and allow `notify.harbor.example`.\n\n\
             Pushes: the phone's battery saver silences apps in the background. Exempt Harbor from it.",
        category: 3,
        tags: &["notifications"],
        keywords: &["email", "push", "spam"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Export Fails or Is Empty",
        summary: "What to do when a report cannot be exported.",
        content:
            "An export holds what the filter shows. Clear the filter and try again.\n\n\
             More than 100,000 rows are sent by e-mail instead of being downloaded; the link works for a day.\n\n\
             A file that opens as one column was read with the wrong separator: import it rather than opening it.",
        category: 3,
        tags: &["export", "reports"],
        keywords: &["csv", "excel", "download"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Printing Cuts the Board Off",
        summary: "Fit a board on paper.",
        content:
            "Choose **landscape** and **Fit to width** in the print dialog.\n\n\
             Wide boards print best as PDF on A3; any printer then scales them down.",
        category: 3,
        tags: &["printing"],
        keywords: &["print", "pdf", "paper"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Error Codes and What They Mean",
        summary: "A table of the codes that Harbor shows.",
        content:
            "| Code | Meaning | What to do |\n| --- | --- | --- |\n| ERR-4021 | the session has ended | sign in again |\n| ERR-4030 | no permission for this project | ask its owner |\n| ERR-5003 | our server did not answer in time | wait a minute, try again |\n\n\
             A code that is not listed here belongs into a case, with the time at which you saw it.",
        category: 3,
        tags: &["errors"],
        keywords: &["ERR-4021", "ERR-4030", "ERR-5003", "code"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Set Up the Desktop App",
        summary: "From download to first project in ten minutes.",
        content:
            "1. Download the installer from **harbor.example/download**.\n2. Run it; no administrator is needed.\n3. Sign in with the address of your invitation.\n\n\
             Behind a company proxy, see *Use Harbor Behind a Proxy*.",
        category: 1,
        tags: &["setup", "desktop"],
        keywords: &["install", "download"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Set Up the Phone App",
        summary: "Install, sign in, choose what to be told about.",
        content:
            "Find **Harbor** in the store of your phone, install it and scan the code under **Settings > Devices** on your desktop: that signs you in without typing.\n\n\
             Then choose under **Notifications** what may wake you.",
        category: 1,
        tags: &["setup", "phone"],
        keywords: &["android", "ios", "mobile"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Invite Your Team",
        summary: "Bring colleagues in and give them the right role.",
        content:
            "**Settings > People > Invite** takes many addresses at once, separated by commas.\n\n\
             - *Member* works in projects.\n- *Lead* also changes their settings.\n- *Owner* pays and decides who is in.\n\n\
             An invitation is valid for two weeks and can be sent again.",
        category: 1,
        tags: &["people", "roles"],
        keywords: &["invite", "colleague", "member"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Your First Project",
        summary: "Boards, lists and the timeline explained with one example.",
        content:
            "Take a real thing that has an end, such as a move to another office.\n\n\
             Write each step as a task, drag it into *To do*, *Doing* or *Done*, and give it a date. The **timeline** shows the same tasks by date; a **list** shows them by person.",
        category: 1,
        tags: &["projects", "basics"],
        keywords: &["board", "list", "start"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Import From a Spreadsheet",
        summary: "Bring existing tasks in as CSV.",
        content:
            "The first line names the columns: `title`, `due`, `owner`, `tags`.\n\n\
             Dates are read as `2026-05-31`. Owners are matched by e-mail address; unknown ones stay empty.\n\n\
             Try ten lines first, into a project that you delete afterwards.",
        category: 1,
        tags: &["import"],
        keywords: &["csv", "excel", "migrate"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Keyboard Shortcuts",
        summary: "The ones worth learning first.",
        content:
            "| Keys | What happens |\n| --- | --- |\n| `N` | new task |\n| `/` | search |\n| `E` | edit the title |\n| `Space` | open and close |\n| `?` | all shortcuts |\n\n\
             They rest while you type into a field.",
        category: 4,
        tags: &["shortcuts"],
        keywords: &["keyboard", "keys", "hotkey"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Share a Board With a Client",
        summary: "Show one board and nothing else.",
        content:
            "Invite the client as a **guest of that board**: *Share > Guests*. Guests see the board alone, may comment, and do not use up a seat.\n\n\
             Take the invitation back at the same place; the guest is out at once.",
        category: 4,
        tags: &["sharing", "permissions"],
        keywords: &["guest", "client", "external"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Restore Deleted Things",
        summary: "Tasks, lists and projects come back for 30 days.",
        content:
            "Open **Project > Bin**, choose what you miss, press **Restore**. A list comes back with its tasks, a project with all of it.\n\n\
             After 30 days the bin is emptied, and nobody can bring anything back.",
        category: 4,
        tags: &["restore"],
        keywords: &["bin", "undelete", "recover"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Recurring Tasks",
        summary: "Daily, weekly, or on the last working day.",
        content:
            "Open a task, press the date, choose **Repeat**.\n\n\
             *Last working day* respects the holidays of your calendar; choose whether it moves before or after.\n\n\
             A finished task makes the next one; the old one stays as history.",
        category: 4,
        tags: &["recurrence"],
        keywords: &["repeat", "recurring", "every month"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Working Days and Holidays",
        summary: "Tell Harbor when your team works.",
        content:
            "Only the owner sees the calendar of the whole account: **Settings > Calendar**.\n\n\
             Choose the days of the week, then a region for public holidays. What people set for themselves goes before it.",
        category: 4,
        tags: &["calendar", "settings"],
        keywords: &["weekend", "holiday", "working days"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Custom Fields",
        summary: "Add numbers, choices and dates to your tasks.",
        content:
            "**Project > Fields > Add**. A field belongs to one project and may be copied to others.\n\n\
             Numbers can be summed below a list. Formulas are not there yet.",
        category: 4,
        tags: &["fields"],
        keywords: &["custom field", "column", "property"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Connect Your Calendar",
        summary: "See due dates in the calendar that you use.",
        content:
            "Copy the address under **Profile > Calendar feed** and subscribe to it in your calendar. It is read every few hours by most of them.\n\n\
             Whoever has the address sees your due dates: press **New address** if it got into wrong hands.",
        category: 4,
        tags: &["calendar", "integration"],
        keywords: &["ics", "subscribe", "outlook"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Use the API",
        summary: "Tokens, limits and a first request.",
        content:
            "Make a token under **Settings > Developers** and send it with each request:\n\n\
             ```sh\ncurl -H \"Authorization: Bearer $TOKEN\" https://api.harbor.example/v2/projects\n```\n\n\
             300 requests a minute are free; above that you get `429` and the time to wait.",
        category: 4,
        tags: &["api"],
        keywords: &["rest", "token", "developer"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Change the Owner of the Account",
        summary: "Hand an account over.",
        content:
            "The owner names another one under **Settings > Account > Hand over**. Both get an e-mail, and the new owner has three days to accept.\n\n\
             If the owner has left the company, write to us from an address of the same domain.",
        category: 2,
        tags: &["account", "roles"],
        keywords: &["owner", "transfer"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Understand Your Invoice",
        summary: "Line by line.",
        content:
            "*Seats* are counted on the first day of the month. Who joins later is charged by the day on the next invoice, as *prorated*.\n\n\
             Tax depends on the country of your billing address and on whether we have your tax number.",
        category: 2,
        tags: &["invoice", "billing"],
        keywords: &["bill", "vat", "prorated"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Pay by Card or Transfer",
        summary: "Ways to pay, and when.",
        content:
            "Cards are charged on the day of the invoice. Transfers are possible for yearly plans; we allow 30 days.\n\n\
             A card that is refused is tried again after three and after seven days. Nothing is locked before the fourteenth.",
        category: 2,
        tags: &["payment", "billing"],
        keywords: &["card", "iban", "transfer"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Cancel or Change Your Plan",
        summary: "Up, down or out.",
        content:
            "**Settings > Plan**. An upgrade counts at once, a downgrade from the next month. After cancelling you can read and export everything for 60 days.",
        category: 2,
        tags: &["plan", "billing"],
        keywords: &["cancel", "downgrade", "upgrade", "refund"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Change Your Billing Address",
        summary: "New name, new address, on which invoice?",
        content:
            "Change it before the end of the month and the next invoice has it. An issued invoice can be written anew once: open a case and name its number.",
        category: 2,
        tags: &["invoice", "address"],
        keywords: &["company name", "tax number"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Sign In With Single Sign-On",
        summary: "SAML with your identity provider.",
        content:
            "You need an owner of the account and an administrator of your identity provider.\n\n\
             1. Copy the entity id **without the slash at its end**.\n2. Upload the metadata of your provider.\n3. Press **Test** before you make it compulsory.\n\n\
             Keep one owner with a password until the test has succeeded.",
        category: 2,
        tags: &["sign-in", "sso"],
        keywords: &["saml", "identity provider", "login"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Forgotten Password",
        summary: "A new one in a minute.",
        content:
            "Press **Forgot?** on the sign-in page. The link works once, for an hour.\n\n\
             No mail? Look into the spam folder, then ask a colleague whether single sign-on is compulsory for you: then your company's password counts.",
        category: 2,
        tags: &["sign-in", "password"],
        keywords: &["reset", "login", "forgot"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Two-Step Sign-In",
        summary: "Protect your account with a second step.",
        content:
            "Turn it on under **Profile > Security** with any authenticator app. Print the ten recovery codes: each replaces a lost phone once.",
        category: 2,
        tags: &["sign-in", "security"],
        keywords: &["2fa", "totp", "authenticator"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Use Harbor Behind a Proxy",
        summary: "Addresses and ports that must be open.",
        content:
            "Allow `*.harbor.example` on port 443. Proxies that inspect traffic must not do so for `sync.harbor.example`.\n\n\
             Proxy scripts are not read by the updater yet: set the proxy by hand there.",
        category: 4,
        tags: &["network", "proxy"],
        keywords: &["firewall", "proxy", "port"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Release 4.3: Quicker Timelines",
        summary: "What is new in May.",
        content:
            "- Timelines draw ten times faster.\n- *Last working day* for recurring tasks.\n- Damaged font caches no longer crash the start.\n\n\
             The desktop app updates itself at its next start.",
        category: 5,
        tags: &["release"],
        keywords: &["4.3", "new", "changelog"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Release 4.2: Guests and Dark Theme",
        summary: "What was new in February.",
        content:
            "- A dark theme that follows your system.\n- Guests of single boards.\n- Exports of more than 100,000 rows.",
        category: 5,
        tags: &["release"],
        keywords: &["4.2", "dark mode", "guest"],
        status: Status::Published,
        is_internal: false,
    },
    Entry {
        title: "Release 4.1: Calendar Feeds",
        summary: "What was new last autumn.",
        content:
            "- Due dates in your own calendar.\n- Faster search.",
        category: 5,
        tags: &["release"],
        keywords: &["4.1", "changelog"],
        status: Status::Archived,
        is_internal: false,
    },
    Entry {
        title: "Runbook: Restore a Customer's Project",
        summary: "For agents: when the bin is empty.",
        content:
            "Backups are kept for 35 days.\n\n\
             1. Ask for the project's address and the time before the loss.\n2. Ask a team lead to open the backup.\n3. Restore into a **new** project, never over the old one.",
        category: 4,
        tags: &["runbook", "restore"],
        keywords: &["backup", "agents"],
        status: Status::Published,
        is_internal: true,
    },
    Entry {
        title: "Runbook: Locked Accounts",
        summary: "For agents: who may ask, and what we check.",
        content:
            "Never unlock on the phone. Write to the owner's address, wait for the answer, note the case number in the log.",
        category: 2,
        tags: &["runbook", "sign-in"],
        keywords: &["locked", "verify"],
        status: Status::Published,
        is_internal: true,
    },
    Entry {
        title: "Formulas in Fields",
        summary: "A preview of what is coming.",
        content:
            "Sums and products of fields in the same task. *This page is being written.*",
        category: 4,
        tags: &["fields"],
        keywords: &["formula", "sum"],
        status: Status::Draft,
        is_internal: false,
    },
    Entry {
        title: "Connect Your Chat",
        summary: "Post finished tasks into a channel.",
        content:
            "Add the app in your chat, choose a channel, choose the events. Needs a lead on both sides.",
        category: 4,
        tags: &["integration"],
        keywords: &["chat", "channel", "webhook"],
        status: Status::Review,
        is_internal: false,
    },
    Entry {
        title: "Move Between Regions",
        summary: "Where data is stored, and how to change it.",
        content:
            "Accounts live in one region. Moving takes a night. *To be reviewed by legal.*",
        category: 2,
        tags: &["account", "privacy"],
        keywords: &["region", "data residency"],
        status: Status::Draft,
        is_internal: false,
    },
];
