//! What a calendar may say: everything that is wrong is named, at once, by its place.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use hours::{Calendar, Clock, Holiday, Interval};

fn faults(json: &str) -> Vec<(String, String)> {
    let calendar: Calendar = serde_json::from_str(json).unwrap();
    let error = Clock::new(&calendar).unwrap_err();
    assert_eq!(calendar.validate(), Err(error.clone()));
    error.faults.into_iter().map(|fault| (fault.pointer, fault.message)).collect()
}

fn pointers(json: &str) -> Vec<String> {
    faults(json).into_iter().map(|(pointer, _)| pointer).collect()
}

#[test]
fn every_fault_is_named_at_once() {
    let json = r#"{
        "time_zone": "Europe/Atlantis",
        "intervals": [
            {"weekday": "mon", "from": "09:00", "to": "17:00"},
            {"weekday": "monday", "from": "25:00", "to": "18:60"},
            {"weekday": "tue", "from": "24:00"}
        ],
        "holidays": [{"date": "2023-02-29"}, {"date": "1899-12-31", "to": "noon"}, {"date": "2200-12-31"}],
        "extra": [{"date": "2201-01-01", "from": "9:00", "to": "24:01"}, {"from": "09:00", "to": "24:00"}]
    }"#;
    let told = [
        "/time_zone",
        "/intervals/1/weekday",
        "/intervals/1/from",
        "/intervals/1/to",
        "/intervals/2/from",
        "/intervals/2/to",
        "/holidays/0/date",
        "/holidays/1/date",
        "/holidays/1/to",
        "/extra/0/date",
        "/extra/0/from",
        "/extra/0/to",
        "/extra/1/date",
    ];
    assert_eq!(pointers(json), told);
    let error = Clock::new(&serde_json::from_str(json).unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("invalid calendar: /time_zone is not a time zone"), "{error}");
}

#[test]
fn a_calendar_without_any_hours_is_refused() {
    let none = pointers(r#"{"time_zone": "UTC", "holidays": [{"date": "2026-01-01"}]}"#);
    assert_eq!(none, ["/intervals"]);
    assert_eq!(pointers("{}"), ["/time_zone", "/intervals"]);
}

#[test]
fn times_and_dates_are_read_strictly() {
    for time in
        ["", "9:00", "09:0", "09-00", "09:00:00", " 09:00", "+9:00", "24:00", "24:01", "99:99", "०९:००"]
    {
        let mut calendar = Calendar { time_zone: "UTC".into(), ..Calendar::default() };
        calendar.intervals.push(Interval::new("mon", time, "17:00"));
        assert!(calendar.validate().is_err(), "{time:?}");
    }
    for date in ["", "20240506", "2024-5-6", "2024-13-01", "2024-04-31", "2024-05-06T10:00", "-002024-05-06"]
    {
        let mut calendar = Calendar { time_zone: "UTC".into(), ..Calendar::default() };
        calendar.intervals.push(Interval::new("mon", "09:00", "17:00"));
        calendar.holidays.push(Holiday::whole(date, "odd"));
        assert!(calendar.validate().is_err(), "{date:?}");
    }
}

#[test]
fn only_names_of_zones_are_zones() {
    for (zone, known) in [
        ("Europe/Berlin", true),
        ("america/argentina/buenos_aires", true),
        ("Etc/UTC", true),
        ("UTC", true),
        ("EST5EDT", true),
        ("Etc/Unknown", false),
        ("+02:00", false),
        ("CET-1CEST,M3.5.0,M10.5.0/3", false),
        ("../../etc/passwd", false),
        ("Europe/Berlin\0", false),
        ("local", false),
    ] {
        let intervals = vec![Interval::new("mon", "09:00", "17:00")];
        let calendar = Calendar { time_zone: zone.into(), intervals, ..Calendar::default() };
        assert_eq!(calendar.validate().is_ok(), known, "{zone:?}");
    }
}

#[test]
fn size_is_bounded() {
    let interval = Interval::new("mon", "09:00", "17:00");
    let mut calendar =
        Calendar { time_zone: "UTC".into(), intervals: vec![interval.clone(); 500], ..Calendar::default() };
    assert_eq!(calendar.validate(), Ok(()));
    calendar.intervals.push(interval);
    calendar.holidays = vec![Holiday::whole("2026-01-01", "again"); 10_001];
    let error = calendar.validate().unwrap_err();
    assert_eq!(
        error.faults.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(),
        ["/intervals", "/holidays"]
    );
}

#[test]
fn json_is_read_and_written_in_one_form_and_unknown_keys_are_refused() {
    let json = r#"{"time_zone":"UTC","intervals":[{"weekday":"mon","from":"09:00","to":"17:00"}],"holidays":[{"date":"2026-01-01","name":"New Year"},{"date":"2026-12-24","from":"12:00"}],"extra":[{"date":"2026-01-03","from":"10:00","to":"12:00"}]}"#;
    let calendar: Calendar = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&calendar).unwrap(), json);
    for unknown in [
        r#"{"time_zone": "UTC", "holiday": []}"#,
        r#"{"holidays": [{"date": "2026-01-01", "end": "12:00"}]}"#,
        r#"{"intervals": [{"weekday": "mon", "from": "09:00", "to": "17:00", "until": ""}]}"#,
    ] {
        let error = serde_json::from_str::<Calendar>(unknown).unwrap_err().to_string();
        assert!(error.starts_with("unknown field"), "{error}");
    }
}
