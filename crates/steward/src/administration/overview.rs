//! The first page of the administration: its sections, and what waits for an admin.

use askama::Template;
use db::Class;

use crate::error::Result;
use crate::http::Manager;
use crate::people::Role;
use crate::web::{Frame, Page, PageResult, Seat, show};
use crate::work::Work;

/// Something that an admin should look at.
struct Alarm {
    message: &'static str,
    count: i64,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "administration/overview.html")]
struct OverviewPage {
    page: Page,
    frame: Frame,
    alarms: Vec<Alarm>,
}

pub async fn overview(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let overview = seat.read(Class::Slow, move |work| {
        let (page, frame) = super::around(work, &visit)?;
        let alarms = if frame.role == Role::Admin { alarms(work)? } else { Vec::new() };
        Ok(OverviewPage { page, frame, alarms })
    });
    show(&overview.await?)
}

db::record! {
    struct Trouble {
        dead_jobs: i64,
        dead_messages: i64,
        unknown_messages: i64,
    }
}

fn alarms(work: &mut Work) -> Result<Vec<Alarm>> {
    let trouble: Trouble = work.one(
        "select (select count(*) from crm_jobs where state = 'dead') as dead_jobs,
                (select count(*) from crm_outbound_messages where state = 'dead') as dead_messages,
                (select count(*) from crm_outbound_messages where state = 'unknown') as unknown_messages",
        &[],
    )?;
    let all = [
        ("overview-dead-jobs", trouble.dead_jobs, "/administration/jobs?state=dead"),
        ("overview-dead-messages", trouble.dead_messages, "/administration/mail?state=dead"),
        ("overview-unknown-messages", trouble.unknown_messages, "/administration/mail?state=unknown"),
    ];
    let alarms = all.into_iter().map(|(message, count, href)| Alarm { message, count, href });
    Ok(alarms.filter(|alarm| alarm.count > 0).collect())
}
