//! `POST /calendars/{id}/holidays/import`: the events of an iCalendar file become holidays of a calendar.

use std::collections::HashSet;

use db::Class;
use hours::Holiday;
use jiff::tz::TimeZoneDatabase;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::calendars::Calendar;
use super::ics::{self, EventFault, Read};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Answer, Body, Expected, Json, Manager, Path};
use crate::work::Work;

/// How many years back and ahead of today a yearly event is laid out.
const YEARS: i16 = 10;

crate::input! {
    /// An iCalendar file.
    pub struct ImportDraft {
        /// The text of the file. Whole-day events become holidays, others part holidays on the clock of the calendar; yearly ones are laid out from 10 years ago to 10 years ahead.
        pub ics: String,
    }
}

/// What became of the events of a file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Imported {
    /// Holidays that are new in the calendar.
    pub added: usize,
    /// Holidays that it had already, or that the file names twice.
    pub skipped: usize,
    /// Events that were not taken, and why.
    pub faults: Vec<EventFault>,
    pub calendar: Calendar,
}

/// Reads a file for a calendar in `time_zone`. Takes up to a second for a very large one.
fn read(ics: &str, time_zone: &str, now: Time) -> Result<Read> {
    let zone = TimeZoneDatabase::bundled().get(time_zone);
    let zone = zone.map_err(|error| Error::Db(db::Error::Decode(format!("a calendar's zone: {error}"))))?;
    let year = zone.to_datetime(now.into()).year();
    ics::read(ics, &zone, year - YEARS..=year + YEARS).map_err(|message| Error::field("ics", message))
}

impl Calendar {
    /// Adds the holidays that the calendar does not have yet: a date with the same times is the same, whatever its name.
    /// Answers how many those were.
    fn add_holidays(work: &mut Work, before: &Calendar, holidays: &[Holiday]) -> Result<usize> {
        let key = |holiday: &Holiday| {
            let from = holiday.from.clone().filter(|from| from != "00:00");
            (holiday.date.clone(), from, holiday.to.clone().filter(|to| to != "24:00" && to != "00:00"))
        };
        let mut known: HashSet<_> = before.holidays.iter().map(key).collect();
        let new: Vec<Holiday> =
            holidays.iter().filter(|holiday| known.insert(key(holiday))).cloned().collect();
        if new.is_empty() {
            return Ok(0);
        }
        let mut hours = before.hours();
        hours.holidays.extend_from_slice(&new);
        // What came out of the file is sound; that the calendar is full is left.
        hours
            .validate()
            .map_err(|invalid| Error::field("ics", format!("does not go into the calendar: {invalid}")))?;
        let added = new.len();
        let audit = json!({ "fields": ["holidays"], "imported": added });
        before.keep_hours(work, &before.calendar_name, &hours, &audit)?;
        Ok(added)
    }
}

fn import(
    work: &mut Work,
    calendar_id: i64,
    time_zone: &str,
    file: &Read,
    expected: &Expected,
) -> Result<Json<Imported>> {
    let before = Calendar::take(work, calendar_id)?;
    expected.check(before.edit_version)?;
    if before.time_zone != time_zone {
        return Err(Error::Conflict(
            "the calendar moved to another time zone meanwhile: import again".into(),
        ));
    }
    let added = Calendar::add_holidays(work, &before, &file.holidays)?;
    let calendar = Calendar::find(work, calendar_id)?;
    let version = calendar.edit_version;
    let skipped = file.holidays.len() - added;
    Ok(Json::version(
        Imported { added, skipped, faults: file.faults.clone(), calendar },
        calendar_id,
        version,
    ))
}

pub async fn import_holidays(
    caller: Manager,
    Path([id]): Path<1>,
    Body(draft): Body<ImportDraft>,
) -> Result<Answer<Json<Imported>>> {
    let expected = caller.expected(id);
    let time_zone = caller.read(Class::Bounded, move |work| Calendar::find(work, id)).await?.time_zone;
    let (zone, now) = (time_zone.clone(), caller.app.clock.now());
    // Nothing waits for the reading: neither requests nor the transactions of others.
    let file = tokio::task::spawn_blocking(move || read(&draft.ics, &zone, now)).await;
    let file = file
        .map_err(|failed| Error::Db(db::Error::Panicked(format!("reading an iCalendar file: {failed}"))))??;
    caller.write(move |work| import(work, id, &time_zone, &file, &expected)).await
}
