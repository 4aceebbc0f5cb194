//! Settings: `config.default.toml` is embedded and read first; a file, `STEWARD_*` and flags override it in that
//! order; a name that is not in the defaults is refused.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

/// The documented defaults are the defaults.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: String,
    pub data: PathBuf,
    pub database: String,
    pub database_connections: usize,
    pub trusted_proxies: Vec<IpAddr>,
    pub metrics_listen: String,
    pub max_connections: usize,
    pub max_listeners: usize,
    pub requests_per_minute: u32,
    pub log: String,
    pub log_format: LogFormat,
    pub auto_close_days: u32,
    pub sign_in_minutes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// Puts the layers together. `environment` is what the process was given, `flags` what the command line named.
    /// Errors say which setting of which layer is wrong.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: Table,
    ) -> Result<Config, String> {
        let mut settings: Table =
            DEFAULTS.parse().expect("the embedded defaults are TOML; a test reads them");
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let table: Table =
                text.parse().map_err(|error| format!("{} is not TOML: {error}", path.display()))?;
            overlay(&mut settings, table, &path.display().to_string())?;
        }
        for (name, text) in environment {
            let Some(setting) = name.strip_prefix("STEWARD_").map(str::to_lowercase) else { continue };
            // Variables that the test suite and the scripts use for themselves.
            if setting.starts_with("test_") || setting.starts_with("bench_") {
                continue;
            }
            let kind = settings
                .get(&setting)
                .ok_or_else(|| format!("{name} names no setting; see `steward config`"))?;
            let value = from_text(&text, kind)
                .ok_or_else(|| format!("{name}: {text:?} is no {}", kind.type_str()))?;
            settings.insert(setting, value);
        }
        overlay(&mut settings, flags, "the command line")?;
        settings.try_into().map_err(|error: toml::de::Error| format!("settings: {}", error.message()))
    }
}

fn overlay(settings: &mut Table, layer: Table, source: &str) -> Result<(), String> {
    for (name, value) in layer {
        let kind = settings
            .get(&name)
            .ok_or_else(|| format!("{source}: {name:?} names no setting; see `steward config`"))?;
        if kind.type_str() != value.type_str() {
            return Err(format!(
                "{source}: {name} is to be a {}, not a {}",
                kind.type_str(),
                value.type_str()
            ));
        }
        settings.insert(name, value);
    }
    Ok(())
}

/// A text as a value of the same type as `kind`; lists are separated by commas.
fn from_text(text: &str, kind: &Value) -> Option<Value> {
    Some(match kind {
        Value::Integer(_) => Value::Integer(text.parse().ok()?),
        Value::Boolean(_) => Value::Boolean(text.parse().ok()?),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        _ => Value::String(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)], flags: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("steward.toml");
        std::fs::write(&path, file).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Config::load(Some(&path), environment, flags.parse().unwrap())
    }

    #[test]
    fn the_embedded_defaults_are_whole() {
        let config = Config::load(None, std::iter::empty(), Table::new()).unwrap();
        assert_eq!(config.listen, "127.0.0.1:4000");
        assert_eq!(config.data, PathBuf::from("./steward-data"));
    }

    #[test]
    fn file_environment_and_flags_override_in_that_order() {
        let config = load(
            "listen = \"a\"\nlog = \"a\"\ndatabase = \"a\"",
            &[
                ("STEWARD_LOG", "b"),
                ("STEWARD_DATABASE", "b"),
                ("STEWARD_TRUSTED_PROXIES", "10.0.0.1, ::1"),
                ("PATH", "/"),
            ],
            "database = \"c\"",
        )
        .unwrap();
        assert_eq!((&*config.listen, &*config.log, &*config.database), ("a", "b", "c"));
        assert_eq!(config.trusted_proxies.len(), 2);
    }

    #[test]
    fn unknown_names_and_wrong_types_are_refused_by_name() {
        assert!(load("lisen = \"a\"", &[], "").unwrap_err().contains("lisen"));
        assert!(load("listen = 4", &[], "").unwrap_err().contains("listen"));
        assert!(load("", &[("STEWARD_LISEN", "a")], "").unwrap_err().contains("STEWARD_LISEN"));
        assert!(load("", &[("STEWARD_AUTO_CLOSE_DAYS", "soon")], "").unwrap_err().contains("soon"));
    }
}
