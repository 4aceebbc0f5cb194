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
    pub files: String,
    pub files_endpoint: String,
    pub files_region: String,
    pub files_access_key: String,
    pub files_secret_key: String,
    pub max_file_mb: u32,
    pub max_files: u32,
    pub files_quota_mb: u64,
    pub smtp_host: String,
    pub smtp_port: u16,
    pub smtp_security: SmtpSecurity,
    pub smtp_user: String,
    pub smtp_password: String,
    pub smtp_ca_file: PathBuf,
    pub smtp_timeout_seconds: u32,
    pub mail_from: String,
    pub public_url: String,
    pub brand: String,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    None,
    StartTls,
    Tls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for Config {
    /// The embedded defaults.
    fn default() -> Config {
        Config::load(None, std::iter::empty(), Table::new())
            .expect("the embedded defaults are settings; a test reads them")
    }
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
        let config: Config = match settings.clone().try_into() {
            Ok(config) => config,
            Err(error) => return Err(wrong_setting(settings, &error)),
        };
        config.check_mail()?;
        Ok(config)
    }

    /// Whether mail is sent; else it is held.
    pub fn sends_mail(&self) -> bool {
        !self.smtp_host.is_empty()
    }

    /// What only makes sense together.
    fn check_mail(&self) -> Result<(), String> {
        let url = &self.public_url;
        let is_url = url.starts_with("https://") || url.starts_with("http://");
        if !url.is_empty()
            && (!is_url || url.contains(|c: char| !c.is_ascii_graphic() || "<>\"'".contains(c)))
        {
            return Err(format!(
                "public_url: {url:?} is to begin with https:// or http:// and to hold no blanks"
            ));
        }
        if !self.sends_mail() {
            return Ok(());
        }
        if self.public_url.is_empty() {
            return Err("public_url: is needed where smtp_host is set: links in mails begin with it".into());
        }
        if self.mail_from.parse::<lettre::message::Mailbox>().is_err() {
            return Err(format!(
                "mail_from: {:?} is to be a sender such as \"Acme Support <support@example.com>\"",
                self.mail_from
            ));
        }
        if self.smtp_security == SmtpSecurity::None && !self.smtp_user.is_empty() {
            return Err(
                "smtp_user: a password is not sent without TLS; set smtp_security to starttls or tls".into(),
            );
        }
        if !(1..=300).contains(&self.smtp_timeout_seconds) {
            return Err("smtp_timeout_seconds: is to be from 1 to 300".into());
        }
        Ok(())
    }
}

/// Which setting is at fault: the one with which the defaults are none any more.
fn wrong_setting(settings: Table, error: &toml::de::Error) -> String {
    let defaults: Table = DEFAULTS.parse().expect("the embedded defaults are TOML; a test reads them");
    for (name, value) in settings {
        let mut tried = defaults.clone();
        let shown = value.to_string();
        tried.insert(name.clone(), value);
        if let Err(error) = tried.try_into::<Config>() {
            return format!("{name} = {shown}: {}", error.message());
        }
    }
    format!("settings: {}", error.message())
}

fn overlay(settings: &mut Table, layer: Table, source: &str) -> Result<(), String> {
    for (name, value) in layer {
        let kind = settings
            .get(&name)
            .ok_or_else(|| format!("{source}: {name:?} names no setting; see `steward config`"))?;
        if kind.type_str() != value.type_str() {
            return Err(format!(
                "{source}: {name} is to be of type {}, not {}",
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
    fn a_wrong_value_is_told_by_its_name() {
        for (file, environment, told) in [
            ("auto_close_days = -1", None, "auto_close_days = -1: "),
            ("", Some(("STEWARD_AUTO_CLOSE_DAYS", "-1")), "auto_close_days = -1: "),
            ("trusted_proxies = [\"nope\"]", None, "trusted_proxies = [\"nope\"]: "),
            ("log_format = \"xml\"", None, "log_format = \"xml\": "),
            ("listen = 4000", None, "listen is to be of type string, not integer"),
        ] {
            let environment: Vec<_> = environment.into_iter().collect();
            let error = load(file, &environment, "").unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn mail_needs_a_sender_a_place_and_tls_for_its_password() {
        let sound = "smtp_host = \"mail\"\nmail_from = \"Desk <a@b.c>\"\npublic_url = \"https://x.y\"\n";
        assert!(load(sound, &[], "").unwrap().sends_mail());
        for (line, word) in [
            ("public_url = \"\"", "public_url"),
            ("public_url = \"x.y\"", "public_url"),
            ("mail_from = \"nobody\"", "mail_from"),
            ("smtp_security = \"none\"\nsmtp_user = \"u\"", "smtp_user"),
            ("smtp_timeout_seconds = 0", "smtp_timeout_seconds"),
            ("smtp_security = \"ssl\"", "smtp_security"),
        ] {
            let error = load(sound, &[], line).unwrap_err();
            assert!(error.contains(word) || error.contains("ssl"), "{line}: {error}");
        }
    }

    #[test]
    fn unknown_names_and_wrong_types_are_refused_by_name() {
        assert!(load("lisen = \"a\"", &[], "").unwrap_err().contains("lisen"));
        assert!(load("listen = 4", &[], "").unwrap_err().contains("listen"));
        assert!(load("", &[("STEWARD_LISEN", "a")], "").unwrap_err().contains("STEWARD_LISEN"));
        assert!(load("", &[("STEWARD_AUTO_CLOSE_DAYS", "soon")], "").unwrap_err().contains("soon"));
    }
}
