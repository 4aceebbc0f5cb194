//! A real mail server beside the test (`tests/smtp_server.py`), which misbehaves as it is told to.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use steward::Config;
use steward::config::SmtpSecurity;

pub struct Post {
    child: Child,
    folder: tempfile::TempDir,
    pub port: u16,
}

impl Post {
    pub fn start(options: &[&str]) -> Post {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp_server.py");
        let python: PathBuf =
            [env!("CARGO_TARGET_TMPDIR"), "..", "mail-venv", "bin", "python"].iter().collect();
        assert!(python.exists(), "bin/test makes {}: run the tests with it", python.display());
        let mut command = Command::new(python);
        command.arg(script).arg(folder.path()).args(options);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().parse().expect("the mail server says its port");
        Post { child, folder, port }
    }

    /// Settings that send to it, in the open.
    pub fn settings(&self, config: &mut Config) {
        config.smtp_host = "127.0.0.1".into();
        config.smtp_port = self.port;
        config.smtp_security = SmtpSecurity::None;
        config.smtp_timeout_seconds = 2;
        config.mail_from = "Acme Support <support@acme.example>".into();
        config.public_url = "https://help.acme.example/".into();
        config.brand = "Acme & Co".into();
    }

    /// The same for a node of its own process.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("STEWARD_SMTP_HOST", "127.0.0.1".into()),
            ("STEWARD_SMTP_PORT", self.port.to_string()),
            ("STEWARD_SMTP_SECURITY", "none".into()),
            ("STEWARD_SMTP_TIMEOUT_SECONDS", "5".into()),
            ("STEWARD_MAIL_FROM", "support@acme.example".into()),
            ("STEWARD_PUBLIC_URL", "https://help.acme.example".into()),
        ]
    }

    /// The same with TLS; the certificate is for this name.
    pub fn secure_settings(&self, config: &mut Config, security: SmtpSecurity) {
        self.settings(config);
        config.smtp_host = "localhost".into();
        config.smtp_security = security;
        config.smtp_timeout_seconds = 20;
        config.smtp_ca_file = self.folder.path().join("ca.pem");
    }

    /// Says what is to go wrong from now on.
    pub fn will(&self, rules: Value) {
        let draft = self.folder.path().join("behaviour.draft");
        std::fs::write(&draft, rules.to_string()).unwrap();
        std::fs::rename(draft, self.folder.path().join("behaviour.json")).unwrap();
    }

    /// The messages that it took, in their order.
    pub fn mails(&self) -> Vec<Value> {
        self.stored("mail-")
    }

    /// The messages that it has read whole without answering.
    pub fn lost(&self) -> Vec<Value> {
        self.stored("lost-")
    }

    fn stored(&self, prefix: &str) -> Vec<Value> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let is_ours = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
        let mut paths: Vec<PathBuf> = entries.filter(is_ours).collect();
        paths.sort_by_key(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            name[prefix.len()..].parse::<u32>().unwrap()
        });
        paths.iter().map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A header of a message; empty where there is none.
pub fn header(mail: &Value, name: &str) -> String {
    let headers = mail["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name));
    found.map_or(String::new(), |header| header[1].as_str().unwrap().to_owned())
}

/// The secret of the first link to this page in a message.
pub fn link(mail: &Value, page: &str) -> String {
    let text = mail["text"].as_str().unwrap();
    let start = text.find(&format!("/{page}/")).unwrap_or_else(|| panic!("no link to {page}: {text}"));
    let token = text[start + page.len() + 2..].split_whitespace().next().unwrap();
    token.to_owned()
}
