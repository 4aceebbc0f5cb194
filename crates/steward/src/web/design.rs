//! `/design`: every component in every state, from the macros and classes that pages use, with the name it goes by. It
//! shows no data; the tests look at it too.

mod samples;

use askama::Template;
use db::Class;

use super::chart::{Counted, Trend, Whisker, bar, stack};
use super::{Choice, Choices, Frame, Page, PageResult, Seat, show as answer};
use crate::cases::Status;
use crate::cases::show::SlaStatus;
use crate::clock::Time;
use crate::http::Viewer;
use crate::jobs::api::State;
use samples::{
    Bar, Case, Change, Chip, Comparison, Day, Drawn, FieldChange, Group, Heading, Hit, Listing, Number, Part,
    Pick, Place, Progress, Recomputation, Row, Tick, Total,
};

/// As long as a subject may be, without a place to break.
const LONG: usize = 500;

#[derive(Template)]
#[template(path = "design.html")]
struct DesignPage {
    page: Page,
    frame: Frame,
}

/// What the page leads to.
const HERE: &str = "#design-lists";

impl DesignPage {
    fn in_minutes(&self, minutes: i64) -> Time {
        self.page.now.plus_minutes(minutes)
    }

    /// Due times long past, past, soon, later, and days away.
    fn dues(&self) -> [Time; 5] {
        [-3000, -20, 20, 600, 6000].map(|minutes| self.in_minutes(minutes))
    }

    /// The beginning of a bar of time, its quarters, its end.
    fn quarters(&self) -> [Time; 5] {
        [-960, -480, 0, 480, 960].map(|minutes| self.in_minutes(minutes))
    }

    /// When sessions were used last.
    fn sessions(&self) -> [Time; 2] {
        [-2, -9000].map(|minutes| self.in_minutes(minutes))
    }

    fn long(&self) -> String {
        "Donaudampfschifffahrt".chars().cycle().take(LONG).collect()
    }

    fn say(&self, message: &str) -> String {
        self.page.say(message).into_owned()
    }

    /// A row for each way in which the clocks of a case may stand.
    fn rows(&self) -> Vec<Row> {
        use SlaStatus::{DueSoon, Met, None as Nothing, OnTrack, Overdue, Paused, Violated};
        let stand = [
            (Status::Open, Overdue, Some(-20)),
            (Status::InProgress, DueSoon, Some(40)),
            (Status::New, OnTrack, Some(6000)),
            (Status::Open, Violated, Some(600)),
            (Status::WaitingCustomer, Paused, None),
            (Status::Resolved, Met, None),
            (Status::Closed, Violated, None),
            (Status::Cancelled, Nothing, None),
        ];
        let priorities = ["Low", "Medium", "High", "Urgent"];
        let row = |(n, (status, sla_status, due)): (usize, (Status, SlaStatus, Option<i64>))| {
            let number = n as i64 + 1;
            let level = n % priorities.len();
            let case = Case {
                case_id: -number,
                case_number: format!("CASE-{number:06}"),
                subject: if n == 1 { self.long() } else { self.say("design-sentence") },
                status,
                is_escalated: Some(n == 0),
                contact_id: (n != 2).then_some(-number),
                contact_name: Some("Ana Lima"),
                account_name: Some("Lima & Söhne"),
                priority_level: level as i64 + 1,
                priority_name: priorities[level],
                owner_name: (n != 2).then_some("陳大文"),
                created_at: self.in_minutes(-700 * number),
            };
            Row {
                case,
                tags: ["vpn", "login", "export"].into_iter().take(n % 4).collect(),
                excerpt: (n == 3).then_some("… <mark>vpn</mark> &amp; login …"),
                sla_status: Some(sla_status),
                due: due.map(|minutes| self.in_minutes(minutes)),
                soon: due.map(|minutes| self.in_minutes(minutes - 60)),
            }
        };
        stand.into_iter().enumerate().map(row).collect()
    }

    fn listing(&self) -> Listing {
        let chip =
            |field: &str, value: &str| Chip { href: HERE, name: self.say(field), value: value.to_owned() };
        Listing {
            place: Place { name: "", path: "/cases", title: self.say("cases-title"), saved: None },
            items: self.rows(),
            total: Total { rows: 1234, is_exact: true },
            chips: vec![
                chip("field-status", &self.say("status-open")),
                chip("field-tags", &self.long()),
                chip("filter-unassigned", ""),
            ],
            is_narrowed: true,
            by_priority: Heading { href: HERE, order: "" },
            by_due: Heading { href: HERE, order: "ascending" },
            by_age: Heading { href: HERE, order: "descending" },
            first: Some(HERE),
            next: Some(HERE),
            limits: [25, 50, 100, 200].map(|rows| (rows, HERE, rows == 50)).to_vec(),
            query: "status=open",
            may_keep: false,
            // The box for all of them is shown by the script of lists: without it, its heading says nothing.
            may_choose: false,
        }
    }

    fn bar(&self) -> Bar {
        let pick = |name, label, any, chosen: &str| {
            let options = [("1", "Low"), ("2", "Medium"), ("3", "High")];
            Pick {
                name,
                label: self.say(label),
                any: self.say(any),
                options: options.map(|(value, name)| (value.to_owned(), name.to_owned())).to_vec(),
                chosen: chosen.to_owned(),
                is_other: chosen.contains(','),
            }
        };
        Bar {
            base: "",
            search: "vpn",
            status: vec![Status::Open, Status::Pending],
            picks: vec![
                pick("priority_id", "field-priority", "any-priority", "2"),
                pick("team_id", "field-team", "any-team", "1,2"),
            ],
            more: vec![pick("case_type_id", "field-type", "any-type", "")],
            is_unfolded: true,
            tag: "vpn",
            created_from: "2026-03-02",
            created_to: "",
            kept: Vec::new(),
            choices: Choices {
                priorities: vec![Choice { id: 2, name: "Medium".to_owned() }],
                owners: vec![Choice { id: 1, name: "Ana Lima".to_owned() }],
                teams: vec![Choice { id: 1, name: "Support".to_owned() }],
                ..Choices::default()
            },
        }
    }

    fn groups(&self) -> Vec<Group> {
        let hit = |mark, title, note| Hit { href: "#design-dialogs", mark, title, note };
        vec![
            Group {
                title: self.say("palette-places"),
                hits: vec![hit("", self.say("desk-dashboard"), ""), hit("", self.say("desk-knowledge"), "")],
            },
            Group {
                title: self.say("dashboard-cases"),
                hits: vec![
                    hit("CASE-000001", self.say("design-sentence"), "Ana Lima"),
                    hit("CASE-000002", self.long(), "Lima & Söhne"),
                ],
            },
        ]
    }

    /// Nothing is called so.
    fn no_groups(&self) -> Vec<Group> {
        Vec::new()
    }

    fn comparison(&self) -> Comparison {
        let sentence = self.say("design-sentence");
        let lines = |count| vec![sentence.clone(); count];
        Comparison {
            fields: vec![
                FieldChange { field: "title", from: sentence.clone(), to: self.say("design-heading") },
                FieldChange { field: "tags", from: String::new(), to: "vpn".to_owned() },
            ],
            parts: vec![
                Part::Folded(lines(4)),
                Part::Same(lines(1)),
                Part::Removed(lines(1)),
                Part::Added(vec![self.say("design-heading"), self.long()]),
                Part::Same(lines(1)),
            ],
            added_lines: 2,
            removed_lines: 1,
            is_cut: true,
        }
    }

    /// The tiles of a dashboard: message of the title, value, how it changed.
    fn tiles(&self) -> [(&'static str, String, Option<Change>); 5] {
        let change = |way, worth, words: &str, by: i64, before: &str| {
            let words = self.page.say1(words, "by", self.page.whole(by)).into_owned();
            Some(Change { way, worth, words, before: before.to_owned() })
        };
        [
            ("dashboard-created", self.page.whole(1234), change("up", "", "dashboard-more", 12, "1100")),
            ("dashboard-missed", self.page.whole(8), change("up", "bad", "dashboard-more", 60, "5")),
            (
                "dashboard-resolution",
                self.page.length(340.0),
                change("down", "good", "dashboard-shorter", 9, "6 h"),
            ),
            ("dashboard-reopened", self.page.whole(3), change("", "", "dashboard-same", 0, "3")),
            ("dashboard-csat", "–".to_owned(), None),
        ]
    }

    fn trend(&self) -> Trend {
        let counted = [(4, 2), (7, 5), (0, 3), (12, 9), (9, 11), (1, 0), (6, 6)];
        Trend::of(&counted.map(|(bar, line)| Counted { bar, line }))
    }

    fn channels(&self) -> Vec<Drawn> {
        let counts = [("email", 90), ("phone", 40), ("chat", 1), ("web", 0)];
        let drawn = |(name, value)| Drawn {
            name: self.page.word("channel", name).into_owned(),
            bar: bar(value, 90),
            number: Number { value, href: if value > 0 { "#design-figures" } else { "" } },
        };
        counts.map(drawn).into()
    }

    /// Values of a scale from 1 to 5: in its middle with an interval, at its end, without an interval.
    fn whiskers(&self) -> [(f64, Whisker); 3] {
        [(3.4, Some((2.9, 3.9))), (5.0, Some((4.6, 5.0))), (1.0, None)]
            .map(|(value, bounds)| (value, Whisker::of(value, bounds, (1.0, 5.0))))
    }

    fn shares(&self) -> [(&'static str, i64, (f64, f64)); 3] {
        let counts = [52, 30, 18];
        let names = ["dashboard-promoters", "dashboard-passives", "dashboard-detractors"];
        let places = stack(counts);
        [0, 1, 2].map(|n| (names[n], counts[n], places[n]))
    }

    fn ticks(&self) -> Vec<Tick> {
        let tick = |value, is_ticked, is_gone| Tick {
            value,
            label: self.page.word("channel", value).into_owned(),
            is_ticked,
            is_gone,
        };
        vec![tick("email", true, false), tick("phone", false, false), tick("chat", true, true)]
    }

    fn recomputations(&self) -> Vec<Recomputation> {
        let one = |job_id, state, done, finished_at| {
            let progress = Progress { total: 1234, done, changed: 56 };
            Recomputation { job_id, state, progress, finished_at }
        };
        vec![one(-1, State::Waiting, 700, None), one(-2, State::Done, 1234, Some(self.in_minutes(-90)))]
    }

    fn week(&self) -> [Day; 4] {
        [
            Day { name: "mon", text: "9-17:30", bars: &[(540, 510)] },
            Day { name: "fri", text: "9-12, 13-15", bars: &[(540, 180), (780, 120)] },
            Day { name: "sat", text: "22-6", bars: &[(1320, 120)] },
            Day { name: "sun", text: "", bars: &[] },
        ]
    }
}

/// The custom properties of base.css that are grounds, and those that are written on them.
const COLOURS: [&str; 19] = [
    "ground",
    "raised",
    "sunken",
    "line",
    "edge",
    "text",
    "faint",
    "accent",
    "on-accent",
    "accent-ground",
    "alarm",
    "alarm-ground",
    "soon",
    "soon-ground",
    "good",
    "good-ground",
    "note",
    "note-line",
    "mark",
];

pub async fn show(seat: Seat<Viewer>) -> PageResult {
    let visit = seat.visit.clone();
    let design = seat.read(Class::Bounded, move |work| {
        Ok(DesignPage { page: Page::read(work, &visit)?, frame: Frame::read(work, &visit, "design")? })
    });
    answer(&design.await?)
}
