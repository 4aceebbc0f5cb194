//! Compiled business clocks by calendar and version. A clock costs more to make than a thousand deadlines to reckon.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hours::{Calendar, Clock};

use crate::error::{Error, Result};
use crate::work::Work;

/// Clocks kept at most; calendars are few, and a dropped clock is only made again.
const KEPT: usize = 256;

/// The clocks of one desk.
pub struct Clocks {
    always: Arc<Clock>,
    by_version: Mutex<HashMap<(i64, i64), Arc<Clock>>>,
}

impl Default for Clocks {
    fn default() -> Clocks {
        Clocks { always: Arc::new(Clock::always()), by_version: Mutex::default() }
    }
}

/// The clock of a calendar; 24/7 without one.
pub fn clock(work: &mut Work, calendar_id: Option<i64>) -> Result<Arc<Clock>> {
    let Some(calendar_id) = calendar_id else { return Ok(work.clocks.always.clone()) };
    let (version,): (i64,) =
        work.one("select version from crm_calendars where calendar_id = $1", &[&calendar_id])?;
    let key = (calendar_id, version);
    let kept = work.clocks.by_version.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some(clock) = kept {
        return Ok(clock);
    }
    let clock = Arc::new(compile(work, calendar_id)?);
    let mut by_version = work.clocks.by_version.lock().unwrap_or_else(PoisonError::into_inner);
    if by_version.len() >= KEPT {
        by_version.clear();
    }
    by_version.insert(key, clock.clone());
    Ok(clock)
}

fn compile(work: &mut Work, calendar_id: i64) -> Result<Clock> {
    let (time_zone, db::Json(mut calendar)): (String, db::Json<Calendar>) =
        work.one("select time_zone, definition from crm_calendars where calendar_id = $1", &[&calendar_id])?;
    calendar.time_zone = time_zone;
    Clock::new(&calendar).map_err(|error| {
        Error::Db(db::Error::Decode(format!(
            "calendar {calendar_id} holds hours that are not valid: {error:?}"
        )))
    })
}
