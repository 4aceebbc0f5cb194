//! `/calendars/try`: a calendar answers questions, changing nothing. Deadlines, business time, whether it is open, and
//! when; each figure with the segments that it is made of (spec 5).

use std::time::Duration;

use db::Class;
use hours::{Clock, Due, Pause, SegmentKind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::calendars::Calendar;
use super::question::{Direction, Question, Trial};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Answer, Body, Json, Path, Viewer};

/// The most segments of an answer.
const MOST_SEGMENTS: usize = 10_000;

/// What the calendar answers, in the form of the question.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CalendarReply {
    Deadline {
        /// Null where the clock does not open again for long enough.
        due_at: Option<Time>,
        /// From the start to the deadline, without a gap; to the last opening where there is no deadline.
        segments: Vec<Segment>,
        /// True where there are more than 10,000 segments: the first ones are shown, `due_at` counts them all.
        segments_truncated: bool,
    },
    Between {
        business_minutes: Amount,
        /// From the start to the end, without a gap; none where the end comes first.
        segments: Vec<Segment>,
        /// True where there are more than 10,000 segments: the first ones are shown, `business_minutes` counts them all.
        segments_truncated: bool,
    },
    State {
        open: bool,
        /// The first opening after the instant; null where it never opens again.
        next_open: Option<Time>,
        /// The first closing after the instant; null where it never closes again.
        next_close: Option<Time>,
    },
    Openings {
        /// The nearest first; fewer than asked for where there are no more.
        segments: Vec<Opening>,
    },
}

/// A stretch of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Segment {
    #[schemars(schema_with = "kinds")]
    pub kind: SegmentKind,
    pub from: Time,
    /// The first instant after it.
    pub to: Time,
    /// Its length on the clock on the wall.
    pub minutes: Amount,
    /// The holiday's name, where there is one.
    pub reason: Option<String>,
}

/// An open stretch. One that holds the start begins, or ends, there.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Opening {
    /// Null where it has been open for ever.
    pub from: Option<Time>,
    /// Null where it never closes.
    pub to: Option<Time>,
    /// Its length; null where that has no end.
    pub minutes: Option<Amount>,
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["counted", "paused", "outside_hours", "holiday"] })
}

/// Milliseconds, shown as minutes: an integer where they are whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount(u64);

impl From<Duration> for Amount {
    fn from(duration: Duration) -> Amount {
        Amount(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(60_000) {
            serializer.serialize_u64(self.0 / 60_000)
        } else {
            serializer.serialize_f64(self.0 as f64 / 60_000.0)
        }
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0 })
    }
}

impl From<hours::Segment> for Segment {
    fn from(segment: hours::Segment) -> Segment {
        Segment {
            kind: segment.kind,
            from: segment.from.into(),
            to: segment.to.into(),
            minutes: segment.duration().into(),
            reason: segment.reason.map(|reason| reason.as_ref().to_owned()),
        }
    }
}

impl From<hours::Opening> for Opening {
    fn from(opening: hours::Opening) -> Opening {
        let length = opening.from.zip(opening.to).map(|(from, to)| to.duration_since(from).unsigned_abs());
        Opening {
            from: opening.from.map(Time::from),
            to: opening.to.map(Time::from),
            minutes: length.map(Amount::from),
        }
    }
}

impl Question {
    pub fn answer(&self, clock: &Clock) -> CalendarReply {
        match self {
            Question::Deadline { start, amount, pauses } => deadline(clock, *start, *amount, pauses),
            Question::Between { start, end, pauses } => {
                let (start, end) = ((*start).into(), (*end).into());
                let business = clock.business_between_with_pauses(start, end, pauses);
                let (segments, segments_truncated) = first(clock.segments_with_pauses(start, end, pauses));
                CalendarReply::Between { business_minutes: business.into(), segments, segments_truncated }
            }
            Question::State { at } => {
                let at = (*at).into();
                CalendarReply::State {
                    open: clock.is_open(at),
                    next_open: clock.next_open(at).map(Time::from),
                    next_close: clock.next_close(at).map(Time::from),
                }
            }
            Question::Openings { start, count, direction } => {
                let openings = match direction {
                    Direction::After => clock.open_segments_after((*start).into(), *count),
                    Direction::Before => clock.open_segments_before((*start).into(), *count),
                };
                CalendarReply::Openings { segments: openings.into_iter().map(Opening::from).collect() }
            }
        }
    }
}

fn deadline(clock: &Clock, start: Time, amount: Duration, pauses: &[Pause]) -> CalendarReply {
    let start = start.into();
    let due = clock.deadline_with_pauses(start, amount, pauses);
    let end = due.at().unwrap_or(jiff::Timestamp::MAX);
    let (mut segments, segments_truncated) = first(clock.segments_with_pauses(start, end, pauses));
    if due == Due::Never && !segments_truncated {
        // What follows the last opening lasts to the end of the calendar's years, and says nothing.
        let last = segments.iter().rposition(|segment| segment.kind == SegmentKind::Counted);
        segments.truncate(last.map_or(0, |last| last + 1));
    }
    CalendarReply::Deadline { due_at: due.at().map(Time::from), segments, segments_truncated }
}

/// The first segments, and whether there are more.
fn first(mut all: hours::Segments<'_>) -> (Vec<Segment>, bool) {
    let segments = all.by_ref().take(MOST_SEGMENTS).map(Segment::from).collect();
    (segments, all.next().is_some())
}

/// Answers away from the threads that serve requests: a calendar of extremes takes long to lay out.
async fn ask(calendar: hours::Calendar, question: Question) -> Result<Answer<Json<CalendarReply>>> {
    let answered = tokio::task::spawn_blocking(move || {
        let clock =
            Clock::new(&calendar).map_err(|invalid| Error::Db(db::Error::Decode(invalid.to_string())))?;
        Ok(question.answer(&clock))
    });
    let reply: Result<CalendarReply> = answered
        .await
        .map_err(|failed| Error::Db(db::Error::Panicked(format!("asking a calendar: {failed}"))))?;
    Ok(Json::new(reply?).into())
}

pub async fn try_written(_: Viewer, Body(trial): Body<Trial>) -> Result<Answer<Json<CalendarReply>>> {
    ask(trial.calendar, trial.question).await
}

pub async fn try_kept(
    caller: Viewer,
    Path([id]): Path<1>,
    Body(question): Body<Question>,
) -> Result<Answer<Json<CalendarReply>>> {
    let calendar = caller.read(Class::Bounded, move |work| Calendar::find(work, id)).await?;
    ask(calendar.hours(), question).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::calendar_body::WholeHours;
    use super::super::question::MOST_MINUTES;
    use super::*;
    use crate::input;

    fn weekdays() -> Value {
        let days = ["mon", "tue", "wed", "thu", "fri"];
        let intervals = days.map(|day| json!({ "weekday": day, "from": "09:00", "to": "17:00" }));
        json!({
            "time_zone": "UTC", "intervals": intervals,
            "holidays": [{ "date": "2026-03-02", "from": "12:00", "to": "13:00", "name": "lunch" }],
        })
    }

    fn asked(mut question: Value) -> Value {
        question["calendar"] = weekdays();
        let Trial { calendar, question } = input::from_json(question).unwrap();
        serde_json::to_value(question.answer(&Clock::new(&calendar).unwrap())).unwrap()
    }

    #[test]
    fn a_deadline_with_its_segments() {
        let answer = asked(json!({
            "start": "2026-03-02T11:00:00Z", "minutes": 90.5,
            "pauses": [["2026-03-02T13:30:00Z", "2026-03-02T14:00:00Z"], ["2026-03-02T13:45:00Z", "2026-03-02T13:50:00Z"]],
        }));
        assert_eq!(
            answer,
            json!({
                "due_at": "2026-03-02T14:00:30.000Z",
                "segments": [
                    { "kind": "counted", "from": "2026-03-02T11:00:00.000Z", "to": "2026-03-02T12:00:00.000Z", "minutes": 60, "reason": null },
                    { "kind": "holiday", "from": "2026-03-02T12:00:00.000Z", "to": "2026-03-02T13:00:00.000Z", "minutes": 60, "reason": "lunch" },
                    { "kind": "counted", "from": "2026-03-02T13:00:00.000Z", "to": "2026-03-02T13:30:00.000Z", "minutes": 30, "reason": null },
                    { "kind": "paused", "from": "2026-03-02T13:30:00.000Z", "to": "2026-03-02T14:00:00.000Z", "minutes": 30, "reason": null },
                    { "kind": "counted", "from": "2026-03-02T14:00:00.000Z", "to": "2026-03-02T14:00:30.000Z", "minutes": 0.5, "reason": null },
                ],
                "segments_truncated": false,
            })
        );
        let at_once = asked(json!({ "start": "2026-03-01T11:00:00Z", "minutes": 0 }));
        assert_eq!(
            at_once,
            json!({ "due_at": "2026-03-01T11:00:00.000Z", "segments": [], "segments_truncated": false })
        );
    }

    #[test]
    fn the_other_questions() {
        let spent = asked(json!({ "start": "2026-03-02T16:00:00Z", "end": "2026-03-03T09:00:20Z" }));
        assert_eq!(spent["business_minutes"], json!(60.0 + 1.0 / 3.0));
        assert_eq!(spent["segments"][1]["kind"], "outside_hours");
        let none = asked(json!({ "start": "2026-03-03T16:00:00Z", "end": "2026-03-02T09:00:00Z" }));
        assert_eq!(none, json!({ "business_minutes": 0, "segments": [], "segments_truncated": false }));
        let state = asked(json!({ "at": "2026-03-02T12:00:00Z" }));
        let (open, close) = ("2026-03-02T13:00:00.000Z", "2026-03-02T17:00:00.000Z");
        assert_eq!(state, json!({ "open": false, "next_open": open, "next_close": close }));
        let openings = asked(json!({ "start": "2026-03-02T12:30:00Z", "count": 1, "direction": "before" }));
        assert_eq!(
            openings,
            json!({ "segments": [
            { "from": "2026-03-02T09:00:00.000Z", "to": "2026-03-02T12:00:00.000Z", "minutes": 180 },
        ] })
        );
    }

    #[test]
    fn a_clock_that_never_opens_again_has_no_deadline() {
        let extra = json!([{ "date": "2026-03-02", "from": "09:00", "to": "10:00" }]);
        let calendar: WholeHours = input::from_json(json!({ "time_zone": "UTC", "extra": extra })).unwrap();
        let clock = Clock::new(&calendar.0).unwrap();
        let question: Question =
            input::from_json(json!({ "start": "2026-03-02T08:00:00Z", "minutes": 61 })).unwrap();
        let CalendarReply::Deadline { due_at, segments, segments_truncated } = question.answer(&clock) else {
            panic!()
        };
        assert_eq!((due_at, segments.len(), segments_truncated), (None, 2, false));
    }

    #[test]
    fn segments_beyond_the_limit_are_left_out_and_the_figure_counts_them_all() {
        let answer = asked(json!({ "start": "2000-01-01T00:00:00Z", "end": "2099-01-01T00:00:00Z" }));
        assert_eq!(answer["segments"].as_array().unwrap().len(), MOST_SEGMENTS);
        assert_eq!(answer["segments_truncated"], true);
        // 5,165 weeks from Saturday to Friday, then Monday to Wednesday, less one lunch.
        assert_eq!(answer["business_minutes"], json!(5165 * 40 * 60 + 3 * 8 * 60 - 60));
    }

    #[test]
    fn a_deadline_beyond_all_years_is_none() {
        let intervals = json!([{ "weekday": "mon", "from": "09:00", "to": "09:01" }]);
        let calendar: WholeHours =
            input::from_json(json!({ "time_zone": "Africa/Casablanca", "intervals": intervals })).unwrap();
        let clock = Clock::new(&calendar.0).unwrap();
        let question = json!({ "start": "2026-03-02T11:00:00Z", "minutes": MOST_MINUTES });
        let question: Question = input::from_json(question).unwrap();
        let CalendarReply::Deadline { due_at, segments_truncated, .. } = question.answer(&clock) else {
            panic!()
        };
        assert_eq!((due_at, segments_truncated), (None, true));
    }
}
