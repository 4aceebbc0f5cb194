//! Holidays out of an iCalendar file (RFC 5545): each event closes its time.
//!
//! A `VEVENT` of whole days becomes a holiday a day (`DTEND` is exclusive); one with times becomes part holidays, on the
//! clock of the calendar's zone, minutes rounded so that nothing of it stays open. Yearly rules are laid out within the
//! years asked for. What else repeats an event is refused by name, because half a series is worse than none.

use std::ops::RangeInclusive;

use calcard::common::PartialDateTime;
use calcard::icalendar::timezone::TzResolver;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarDuration, ICalendarEntry,
    ICalendarParameterName, ICalendarProperty as Property, ICalendarRecurrenceRule, ICalendarStatus,
    ICalendarValue as Value,
};
use calcard::{Entry, Parser};
use hours::Holiday;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::Serialize;

use super::yearly;

/// The most holidays of one file, as of one calendar.
const MOST: usize = 10_000;
/// The longest event, in days.
const LONGEST: i32 = 366;
/// The years that a calendar's dates lie within.
const YEARS: RangeInclusive<i16> = 1900..=2200;

/// What a file comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Read {
    pub holidays: Vec<Holiday>,
    pub faults: Vec<EventFault>,
}

/// An event that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EventFault {
    /// Its summary; where it has none its UID, or its place in the file.
    pub event: String,
    pub message: String,
}

/// Reads all events of a file.
///
/// # Errors
///
/// The file is no calendar, or comes to more holidays than a calendar may have.
pub fn read(ics: &str, zone: &TimeZone, years: RangeInclusive<i16>) -> Result<Read, String> {
    let mut parser = Parser::new(ics);
    let mut read = Read::default();
    let (mut calendars, mut number) = (0, 0);
    loop {
        let calendar = match parser.entry() {
            Entry::ICalendar(calendar) => calendar,
            Entry::Eof => break,
            _ => continue,
        };
        calendars += 1;
        let zones = calendar.build_tz_resolver();
        for component in events(&calendar) {
            number += 1;
            let event = Event { component, zones: &zones, zone };
            match event.holidays(&years) {
                Ok(holidays) => read.holidays.extend(holidays),
                Err(message) => read.faults.push(EventFault { event: event.label(number), message }),
            }
            if read.holidays.len() > MOST {
                return Err(format!("comes to more than {MOST} holidays"));
            }
        }
    }
    if calendars == 0 { Err("holds no calendar: BEGIN:VCALENDAR is missing".into()) } else { Ok(read) }
}

fn events(calendar: &ICalendar) -> impl Iterator<Item = &ICalendarComponent> {
    calendar.components.iter().filter(|component| component.component_type == ICalendarComponentType::VEvent)
}

/// One event of a file.
struct Event<'a> {
    component: &'a ICalendarComponent,
    zones: &'a TzResolver<&'a str>,
    /// The calendar's, whose clock floating times are on.
    zone: &'a TimeZone,
}

/// When an event is, on the clock of `zone`.
struct Stay {
    from: DateTime,
    to: DateTime,
    /// Whole days have no zone.
    zone: Option<TimeZone>,
}

impl Event<'_> {
    fn holidays(&self, years: &RangeInclusive<i16>) -> Result<Vec<Holiday>, String> {
        if self.is_cancelled() {
            return Err("is cancelled".into());
        }
        let repeats = [
            (Property::Rdate, "RDATE"),
            (Property::Exrule, "EXRULE"),
            (Property::RecurrenceId, "RECURRENCE-ID"),
        ];
        if let Some((_, name)) = repeats.iter().find(|(property, _)| self.component.has_property(property)) {
            return Err(format!("{name} is not supported: write its dates as events of their own"));
        }
        let stay = self.stay()?;
        let days = stay.from.date().until(stay.to.date()).map_or(i32::MAX, |span| span.get_days());
        if days > LONGEST {
            return Err(format!("lasts longer than {LONGEST} days"));
        }
        let name = self.name();
        let mut holidays = Vec::new();
        for date in self.dates(&stay, years)? {
            if !YEARS.contains(&date.year()) {
                return Err(format!("is not from {} to {}", YEARS.start(), YEARS.end()));
            }
            let moved = stay.from.date().until(date).and_then(|span| {
                Ok(Stay {
                    from: stay.from.checked_add(span)?,
                    to: stay.to.checked_add(span)?,
                    zone: stay.zone.clone(),
                })
            });
            let moved = moved.map_err(|_| "lies outside of all calendars")?;
            holidays.extend(self.closed(moved)?.map(|(date, from, to)| Holiday {
                date,
                from,
                to,
                name: name.clone(),
            }));
        }
        Ok(holidays)
    }

    /// The dates on which the event begins.
    fn dates(&self, stay: &Stay, years: &RangeInclusive<i16>) -> Result<Vec<Date>, String> {
        let rules: Vec<_> = self.component.properties(&Property::Rrule).collect();
        let rule = match rules.as_slice() {
            [] => return Ok(vec![stay.from.date()]),
            [rule] => self.rule(rule)?,
            _ => return Err("has more than one RRULE".into()),
        };
        let until = rule.until.as_ref().map(|until| self.until(until, stay)).transpose()?;
        let mut dates = yearly::dates(rule, stay.from, until, years)?;
        let except = self.exceptions(stay)?;
        dates.retain(|date| !except.contains(date));
        if dates.is_empty() {
            return Err(format!("does not occur from {} to {}", years.start(), years.end()));
        }
        Ok(dates)
    }

    fn rule<'e>(&self, entry: &'e ICalendarEntry) -> Result<&'e ICalendarRecurrenceRule, String> {
        match entry.values.as_slice() {
            [Value::RecurrenceRule(rule)] => Ok(rule),
            _ => Err("has an RRULE that cannot be read".into()),
        }
    }

    /// The last instant of a series on the clock of the event.
    fn until(&self, until: &PartialDateTime, stay: &Stay) -> Result<DateTime, String> {
        let bad = || "has an UNTIL that is no date".to_owned();
        if !until.has_time() {
            return Ok(local(until).ok_or_else(bad)?.date().to_datetime(Time::MAX));
        }
        let moment = self.moment(until, None)?.ok_or_else(bad)?;
        on_clock(&moment, stay.zone.as_ref().unwrap_or(self.zone)).ok_or_else(bad)
    }

    fn exceptions(&self, stay: &Stay) -> Result<Vec<Date>, String> {
        let mut dates = Vec::new();
        for entry in self.component.properties(&Property::Exdate) {
            for value in &entry.values {
                let Value::PartialDateTime(moment) = value else {
                    return Err("has an EXDATE that is no date".into());
                };
                let moment = self.moment(moment, tz_id(entry))?.ok_or("has an EXDATE that is no date")?;
                let local = match &stay.zone {
                    Some(zone) => on_clock(&moment, zone).ok_or("has an EXDATE that is no date")?,
                    None => moment.0,
                };
                dates.push(local.date());
            }
        }
        Ok(dates)
    }

    fn stay(&self) -> Result<Stay, String> {
        let (start, start_zone) = self.property(&Property::Dtstart, "DTSTART")?.ok_or("has no DTSTART")?;
        let end = self.property(&Property::Dtend, "DTEND")?;
        let is_whole = !start.has_time();
        let (from, zone) = self.moment(start, start_zone)?.ok_or("has a DTSTART that is no date")?;
        let to = match end {
            Some((end, end_zone)) => {
                let moment = self.moment(end, end_zone)?.ok_or("has a DTEND that is no date")?;
                let to = if is_whole { Some(moment.0) } else { on_clock(&moment, &zone) };
                to.ok_or("has a DTEND that is no date")?
            }
            None => match self.duration()? {
                Some(duration) => after(from, duration).ok_or("has a DURATION that is too long")?,
                None if is_whole => from,
                None => return Err("has no length: neither DTEND nor DURATION".into()),
            },
        };
        if to < from || (to == from && !is_whole) {
            return Err("ends before it begins".into());
        }
        if is_whole {
            // A day that ends on itself is one day, which is what its writers mean.
            let to = to.date().max(from.date().tomorrow().map_err(|_| "lies outside of all calendars")?);
            let from = from.date().to_datetime(Time::MIN);
            return Ok(Stay { from, to: to.to_datetime(Time::MIN), zone: None });
        }
        Ok(Stay { from, to, zone: Some(zone) })
    }

    fn property(
        &self,
        property: &Property,
        name: &str,
    ) -> Result<Option<(&PartialDateTime, Option<&str>)>, String> {
        let Some(entry) = self.component.property(property) else { return Ok(None) };
        match entry.values.as_slice() {
            [Value::PartialDateTime(moment)] => Ok(Some((moment, tz_id(entry)))),
            _ => Err(format!("has a {name} that is no date")),
        }
    }

    fn duration(&self) -> Result<Option<&ICalendarDuration>, String> {
        let Some(entry) = self.component.property(&Property::Duration) else { return Ok(None) };
        match entry.values.as_slice() {
            [Value::Duration(duration)] if !duration.neg => Ok(Some(duration)),
            _ => Err("has a DURATION that cannot be read".into()),
        }
    }

    /// A local time and the zone whose clock shows it; `None` where there is no such date.
    fn moment(
        &self,
        moment: &PartialDateTime,
        tz_id: Option<&str>,
    ) -> Result<Option<(DateTime, TimeZone)>, String> {
        let Some(local) = local(moment) else { return Ok(None) };
        let zone = match (moment.tz_hour, tz_id) {
            (Some(hours), _) => {
                let seconds = i32::from(hours) * 3600 + i32::from(moment.tz_minute.unwrap_or(0)) * 60;
                let seconds = if moment.tz_minus { -seconds } else { seconds };
                let Ok(offset) = Offset::from_seconds(seconds) else { return Ok(None) };
                offset.to_time_zone()
            }
            (None, Some(tz_id)) => {
                let zone = self.zones.resolve(tz_id).and_then(|zone| zone.name());
                let zone = zone.and_then(|name| TimeZoneDatabase::bundled().get(&name).ok());
                zone.ok_or_else(|| format!("names the time zone {tz_id}, which is unknown"))?
            }
            (None, None) => self.zone.clone(),
        };
        Ok(Some((local, zone)))
    }

    /// What an occurrence closes: dates with the times from and to, a whole date having none.
    fn closed(
        &self,
        stay: Stay,
    ) -> Result<impl Iterator<Item = (String, Option<String>, Option<String>)>, String> {
        let on_ours = |local| match &stay.zone {
            Some(zone) if zone != self.zone => on_clock(&(local, zone.clone()), self.zone),
            _ => Some(local),
        };
        let outside = "lies outside of all calendars";
        let (from, to) = (on_ours(stay.from).ok_or(outside)?, on_ours(stay.to).ok_or(outside)?);
        // Up to the next whole minute.
        let to = to.checked_add(59.seconds()).map_err(|_| outside)?;
        let last = to.date();
        let dates = from.date().series(1.day()).take_while(move |date| *date <= last);
        let closed = dates.map(move |date| {
            let begin = if date == from.date() { minute(from) } else { 0 };
            let end = if date == last { minute(to) } else { 24 * 60 };
            (date, begin, end)
        });
        let closed = closed.filter(|(_, begin, end)| begin < end);
        let time = |minute: i32| format!("{:02}:{:02}", minute / 60, minute % 60);
        Ok(closed.map(move |(date, begin, end)| {
            let part = |minute: i32, edge: i32| (minute != edge).then(|| time(minute));
            (date.to_string(), part(begin, 0), part(end, 24 * 60))
        }))
    }

    fn is_cancelled(&self) -> bool {
        let status = self.component.property(&Property::Status);
        status.is_some_and(|status| status.values == [Value::Status(ICalendarStatus::Cancelled)])
    }

    fn text(&self, property: &Property) -> Option<String> {
        let Some(Value::Text(text)) = self.component.property(property)?.values.first() else { return None };
        let line = text.trim().replace(|c: char| c.is_control(), " ");
        let line: String = line.chars().take(200).collect();
        Some(line).filter(|line| !line.is_empty())
    }

    fn name(&self) -> Option<String> {
        self.text(&Property::Summary)
    }

    fn label(&self, number: usize) -> String {
        self.name().or_else(|| self.text(&Property::Uid)).unwrap_or_else(|| format!("event {number}"))
    }
}

fn tz_id(entry: &ICalendarEntry) -> Option<&str> {
    let parameter = entry.params.iter().find(|parameter| parameter.name == ICalendarParameterName::Tzid)?;
    parameter.value.as_text()
}

fn local(moment: &PartialDateTime) -> Option<DateTime> {
    let small = |number: Option<u8>| i8::try_from(number.unwrap_or(0)).ok();
    let year = i16::try_from(moment.year?).ok()?;
    let date = Date::new(year, i8::try_from(moment.month?).ok()?, i8::try_from(moment.day?).ok()?).ok()?;
    // A leap second is on no clock of ours.
    let second = small(moment.second)?.min(59);
    Some(date.to_datetime(Time::new(small(moment.hour)?, small(moment.minute)?, second, 0).ok()?))
}

/// What the clock of `zone` shows when the clock of another shows a local time.
fn on_clock((local, own): &(DateTime, TimeZone), zone: &TimeZone) -> Option<DateTime> {
    if own == zone {
        return Some(*local);
    }
    let instant = own.to_ambiguous_timestamp(*local).compatible().ok()?;
    Some(zone.to_datetime(instant))
}

fn after(from: DateTime, duration: &ICalendarDuration) -> Option<DateTime> {
    let count = |number: u32| i64::from(number);
    let days = count(duration.weeks) * 7 + count(duration.days);
    let seconds = (count(duration.hours) * 60 + count(duration.minutes)) * 60 + count(duration.seconds);
    let span = jiff::Span::new().try_days(days).ok()?.try_seconds(seconds).ok()?;
    from.checked_add(span).ok()
}

fn minute(local: DateTime) -> i32 {
    i32::from(local.hour()) * 60 + i32::from(local.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap()
    }

    fn file(events: &[&str]) -> String {
        let events: Vec<String> = events
            .iter()
            .map(|event| format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", event.replace('\n', "\r\n")))
            .collect();
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.concat())
    }

    fn holidays(event: &str) -> Vec<String> {
        let read = read(&file(&[event]), &berlin(), 2025..=2027).unwrap();
        assert_eq!(read.faults, []);
        let shown = |Holiday { date, from, to, name }: Holiday| {
            let part = format!("{} {}-{}", date, from.unwrap_or_default(), to.unwrap_or_default());
            format!("{} {}", part.trim_end_matches(" -"), name.unwrap_or_default()).trim().to_owned()
        };
        read.holidays.into_iter().map(shown).collect()
    }

    fn fault(event: &str) -> EventFault {
        let read = read(&file(&[event]), &berlin(), 2025..=2027).unwrap();
        assert_eq!(read.holidays, []);
        read.faults.into_iter().next().unwrap()
    }

    #[test]
    fn whole_days_end_before_their_end() {
        let one = "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261226\nSUMMARY:Christmas";
        assert_eq!(holidays(one), ["2026-12-25 Christmas"]);
        let two = "DTSTART;VALUE=DATE:20261231\nDTEND;VALUE=DATE:20270102\nSUMMARY:Turn of the year";
        assert_eq!(holidays(two), ["2026-12-31 Turn of the year", "2027-01-01 Turn of the year"]);
        for one in [
            "DTSTART;VALUE=DATE:20261225",
            "DTSTART:20261225\nDTEND:20261225",
            "DTSTART;VALUE=DATE:20261225\nDURATION:P1D",
        ] {
            assert_eq!(holidays(one), ["2026-12-25"], "{one}");
        }
    }

    #[test]
    fn times_close_part_of_a_day_on_the_clock_of_the_calendar() {
        let floating = "DTSTART:20261224T120000\nDTEND:20261224T180000";
        assert_eq!(holidays(floating), ["2026-12-24 12:00-18:00"]);
        let utc = "DTSTART:20260701T120030Z\nDURATION:PT1H";
        assert_eq!(holidays(utc), ["2026-07-01 14:00-15:01"]);
        let tokyo = "DTSTART;TZID=Asia/Tokyo:20260701T090000\nDTEND;TZID=Asia/Tokyo:20260701T100000";
        assert_eq!(holidays(tokyo), ["2026-07-01 02:00-03:00"]);
        let of_windows = "DTSTART;TZID=W. Europe Standard Time:20260701T090000\nDTEND;TZID=W. Europe Standard Time:20260701T100000";
        assert_eq!(holidays(of_windows), ["2026-07-01 09:00-10:00"]);
        let overnight = "DTSTART:20261231T180000\nDTEND:20270102T060000";
        assert_eq!(holidays(overnight), ["2026-12-31 18:00-", "2027-01-01", "2027-01-02 -06:00"]);
    }

    #[test]
    fn texts_are_unfolded_and_unescaped() {
        let event =
            "DTSTART;VALUE=DATE:20260406\nSUMMARY:Easter Monday\\, ob\n served\\; here\\nand th\n ere \\\\o/";
        assert_eq!(holidays(event), ["2026-04-06 Easter Monday, observed; here and there \\o/"]);
        let bare = file(&[event]).replace("\r\n", "\n");
        assert_eq!(read(&bare, &berlin(), 2026..=2026).unwrap().holidays.len(), 1);
    }

    #[test]
    fn yearly_events_are_laid_out() {
        let fixed = "DTSTART;VALUE=DATE:19490501\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20260501";
        assert_eq!(holidays(fixed), ["2025-05-01", "2027-05-01"]);
        let thanksgiving = "DTSTART;VALUE=DATE:20201126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\nSUMMARY:T";
        assert_eq!(holidays(thanksgiving), ["2025-11-27 T", "2026-11-26 T", "2027-11-25 T"]);
        let within = "DTSTART;VALUE=DATE:20201126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=TH;BYMONTHDAY=22,23,24,25,26,27,28";
        assert_eq!(holidays(within), ["2025-11-27", "2026-11-26", "2027-11-25"]);
        let last = "DTSTART;VALUE=DATE:20250526\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20260601";
        assert_eq!(holidays(last), ["2025-05-26", "2026-05-25"]);
        let counted =
            "DTSTART;VALUE=DATE:20200229\nRRULE:FREQ=YEARLY;COUNT=3;BYMONTHDAY=-1;BYMONTH=2;INTERVAL=3";
        assert_eq!(holidays(counted), ["2026-02-28"]);
        let timed = "DTSTART;TZID=Europe/Berlin:20251224T120000\nDTEND;TZID=Europe/Berlin:20251225T000000\nRRULE:FREQ=YEARLY;UNTIL=20261224T110000Z";
        assert_eq!(holidays(timed), ["2025-12-24 12:00-", "2026-12-24 12:00-"]);
    }

    #[test]
    fn what_is_not_taken_is_named() {
        let told = |event: &str, words: &str| {
            let fault = fault(event);
            assert!(fault.message.contains(words), "{fault:?}");
            fault.event
        };
        assert_eq!(told("DTSTART;VALUE=DATE:20261345\nSUMMARY:Odd", "DTSTART that is no date"), "Odd");
        assert_eq!(told("DTSTART:soon\nUID:u1", "DTSTART that is no date"), "u1");
        assert_eq!(told("SUMMARY:", "no DTSTART"), "event 1");
        told("DTSTART:20261224T120000", "no length");
        told("DTSTART:20261224T120000\nDTEND:20261224T110000", "ends before");
        told("DTSTART:20261224T120000\nDURATION:-PT1H", "DURATION");
        told("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20291224", "366 days");
        told("DTSTART;VALUE=DATE:18990101", "1900 to 2200");
        told("DTSTART;TZID=Mars/Base:20261224T120000\nDURATION:PT1H", "Mars/Base");
        told("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=WEEKLY", "FREQ=WEEKLY");
        told("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;BYDAY=FR;BYSETPOS=1", "BYSETPOS");
        told("DTSTART;VALUE=DATE:20261224\nRRULE:sometimes", "RRULE");
        told("DTSTART;VALUE=DATE:20261224\nRDATE;VALUE=DATE:20271224", "RDATE");
        told(
            "DTSTART;VALUE=DATE:20101224\nRRULE:FREQ=YEARLY;UNTIL=20121224",
            "does not occur from 2025 to 2027",
        );
        told("DTSTART;VALUE=DATE:20261224\nSTATUS:CANCELLED", "cancelled");
    }

    #[test]
    fn a_file_that_is_no_calendar_is_refused() {
        for odd in ["", "hello", "<html>", "BEGIN:VCARD\nEND:VCARD", "DTSTART:20261224"] {
            assert!(read(odd, &berlin(), 2026..=2026).is_err(), "{odd:?}");
        }
        assert_eq!(read(&file(&[]), &berlin(), 2026..=2026).unwrap(), Read::default());
    }
}
