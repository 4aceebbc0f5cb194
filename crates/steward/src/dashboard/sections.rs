//! A section of the dashboard as a CSV file.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Dashboard, DashboardQuery};
use crate::error::Result;
use crate::http::{Manager, Query, Word};
use crate::sheet::{Sheet, Writer};

crate::words! {
    /// The sections, as files.
    pub enum Section {
        Overall = "overall.csv", Period = "period.csv", ByPriority = "by_priority.csv", ByType = "by_type.csv",
        ByChannel = "by_channel.csv", ByOwner = "by_owner.csv", ByTeam = "by_team.csv",
        DailyTrend = "daily_trend.csv", SlaAttainment = "sla_attainment.csv",
        CsatDistribution = "csat_distribution.csv", Backlog = "backlog.csv", SlaViolations = "sla_violations.csv",
        NeedsAttention = "needs_attention.csv", RecentCsat = "recent_csat.csv",
    }
}

impl Section {
    fn text(self, dashboard: &Dashboard, zone: TimeZone) -> Result<Vec<u8>> {
        let period = &dashboard.period;
        match self {
            Section::Overall => text([&dashboard.overall], zone),
            Section::Period => text([period, &dashboard.previous_period], zone),
            Section::ByPriority => text(&dashboard.by_priority, zone),
            Section::ByType => text(&dashboard.by_type, zone),
            Section::ByChannel => text(&dashboard.by_channel, zone),
            Section::ByOwner => text(&dashboard.by_owner, zone),
            Section::ByTeam => text(&dashboard.by_team, zone),
            Section::DailyTrend => text(&dashboard.daily_trend, zone),
            Section::SlaAttainment => text(&period.sla_attainment, zone),
            Section::CsatDistribution => text(&period.csat_distribution, zone),
            Section::Backlog => text(&dashboard.backlog.by_age, zone),
            Section::SlaViolations => text(&dashboard.sla_violations, zone),
            Section::NeedsAttention => text(&dashboard.needs_attention, zone),
            Section::RecentCsat => text(&dashboard.recent_csat, zone),
        }
    }
}

/// A line of names, then a line for each row.
fn text<'a, T: Serialize + JsonSchema + 'a>(
    rows: impl IntoIterator<Item = &'a T>,
    zone: TimeZone,
) -> Result<Vec<u8>> {
    let flat: Vec<Map<String, Value>> =
        rows.into_iter().filter_map(|row| serde_json::to_value(row).ok()).map(flat).collect();
    let names: Vec<String> = match flat.first() {
        Some(first) => first.keys().cloned().collect(),
        None => columns::<T>(),
    };
    let mut writer = Writer::new(zone);
    writer.names(&names)?;
    for row in &flat {
        writer.row(&names, row)?;
    }
    writer.into_bytes()
}

/// The fields in one level: `nps.score` is `nps_score`. Links and lists are sections, or lists, of their own.
fn flat(row: Value) -> Map<String, Value> {
    let mut fields = Map::new();
    let Value::Object(row) = row else { return fields };
    for (name, value) in row {
        match value {
            Value::Array(_) => {}
            Value::Object(_) if name == "links" => {}
            Value::Object(inner) => {
                fields.extend(inner.into_iter().map(|(key, value)| (format!("{name}_{key}"), value)));
            }
            value => drop(fields.insert(name, value)),
        }
    }
    fields
}

/// The names of a section without rows, from its schema.
fn columns<T: JsonSchema>() -> Vec<String> {
    let schema =
        schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let properties = schema.get("properties").and_then(Value::as_object);
    let names = properties.into_iter().flat_map(|properties| properties.keys());
    names.filter(|name| *name != "links").cloned().collect()
}

pub async fn export(
    caller: Manager,
    Word(section): Word<Section>,
    Query(query): Query<DashboardQuery>,
) -> Result<Sheet> {
    let dashboard = Dashboard::ask(&caller, &query).await?;
    let zone = query.tz.map_or(TimeZone::UTC, |tz| tz.zone);
    Ok(Sheet::whole(format!("dashboard-{section}"), section.text(&dashboard, zone)?))
}
