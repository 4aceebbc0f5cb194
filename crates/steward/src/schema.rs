//! The migrations, in order. A file that both engines read has one text; a step that must differ has two.

use db::Step;

macro_rules! steps {
    ($($number:literal $name:literal : $sqlite:literal, $postgres:literal;)*) => {
        &[$(Step {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../../migrations/", $sqlite)),
            postgres: include_str!(concat!("../../../migrations/", $postgres)),
        }),*]
    };
}

pub const STEPS: &[Step] = steps! {
    1 "tables": "0001_tables.sql", "0001_tables.sql";
    2 "triggers": "0002_triggers.sqlite.sql", "0002_triggers.postgres.sql";
    3 "reference": "0003_reference.sql", "0003_reference.sql";
    4 "calendars": "0004_calendars.sqlite.sql", "0004_calendars.postgres.sql";
    5 "sla": "0005_sla.sql", "0005_sla.sql";
    6 "reactions": "0006_reactions.sql", "0006_reactions.sql";
    7 "files": "0007_files.sql", "0007_files.sql";
    8 "sla_status": "0008_sla_status.sql", "0008_sla_status.sql";
    9 "article index": "0009_article_index.sqlite.sql", "0009_article_index.postgres.sql";
    10 "knowledge": "0010_knowledge.sqlite.sql", "0010_knowledge.postgres.sql";
    11 "mail_and_surveys": "0011_mail_and_surveys.sql", "0011_mail_and_surveys.sql";
    12 "dashboard": "0012_dashboard.sqlite.sql", "0012_dashboard.postgres.sql";
    13 "saved_views": "0013_saved_views.sql", "0013_saved_views.sql";
    14 "canned_replies": "0014_canned_replies.sqlite.sql", "0014_canned_replies.postgres.sql";
    15 "sign_in_links": "0015_sign_in_links.sql", "0015_sign_in_links.sql";
    16 "desk_settings": "0016_desk_settings.sql", "0016_desk_settings.sql";
    17 "search_misses": "0017_search_misses.sql", "0017_search_misses.sql";
    18 "view_indexes": "0018_view_indexes.sql", "0018_view_indexes.sql";
    19 "owner_due": "0019_owner_due.sql", "0019_owner_due.sql";
    20 "dashboard_changes": "0020_dashboard_changes.sqlite.sql", "0020_dashboard_changes.postgres.sql";
    21 "summary_sla_status": "0021_summary_sla_status.sqlite.sql", "0021_summary_sla_status.postgres.sql";
    22 "settled_and_overdue": "0022_settled_and_overdue.sqlite.sql", "0022_settled_and_overdue.postgres.sql";
    23 "case_words": "0023_case_words.sqlite.sql", "0023_case_words.postgres.sql";
    24 "owner_rollup_parts": "0024_owner_rollup_parts.sqlite.sql", "0024_owner_rollup_parts.postgres.sql";
};
