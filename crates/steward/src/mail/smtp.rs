//! The dialogue with the mail server, in two parts: up to the point where it is ready to take the text, and handing the
//! text over. Whatever fails in the first has sent nothing; a silence in the second leaves it open.

use std::time::Duration;

use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::message::Letter;
use crate::config::{Config, SmtpSecurity};

/// How a message was not delivered.
#[derive(Debug)]
pub enum Failure {
    /// Try again later: no connection, a timeout, a 4xx.
    Later(String),
    /// Never: a 5xx, or a message that cannot be written.
    Never(String),
    /// The text was handed over and no answer came.
    Unknown(String),
}

impl From<lettre::transport::smtp::Error> for Failure {
    fn from(error: lettre::transport::smtp::Error) -> Failure {
        let said = said(&error);
        if error.is_permanent() { Failure::Never(said) } else { Failure::Later(said) }
    }
}

/// What went wrong with its causes, in one line of bounded length.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect()
}

/// A message as it goes over the wire.
pub struct Written {
    envelope: Envelope,
    bytes: Vec<u8>,
}

/// A header of ours; its value has been made here and holds no line break.
macro_rules! header {
    ($type:ident, $name:literal) => {
        #[derive(Clone)]
        struct $type(String);

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok($type(value.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}
header!(ListUnsubscribe, "List-Unsubscribe");
header!(ListUnsubscribePost, "List-Unsubscribe-Post");
header!(AutoSubmitted, "Auto-Submitted");

/// Writes a message: text and HTML, the headers of RFC 8058 where there is an address to stop such mail.
pub fn write(letter: &Letter, stop: Option<&str>, config: &Config) -> Result<Written, Failure> {
    let never = |what: &str, why: &dyn std::fmt::Display| Failure::Never(format!("{what}: {why}"));
    let from: Mailbox = config.mail_from.parse().map_err(|error| never("mail_from", &error))?;
    let address = letter.to_address.parse().map_err(|error| never("the address", &error))?;
    let name = Some(letter.to_name.clone()).filter(|name| !name.is_empty());
    let mut builder = Message::builder()
        .from(from)
        .to(Mailbox::new(name, address))
        .subject(letter.subject.clone())
        .message_id(Some(letter.message_id.clone()))
        .header(AutoSubmitted("auto-generated".into()));
    if let Some(stop) = stop {
        builder = builder
            .header(ListUnsubscribe(format!("<{stop}>")))
            .header(ListUnsubscribePost("List-Unsubscribe=One-Click".into()));
    }
    let part = |kind: ContentType, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
    let message = builder
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, &letter.text_body))
                .singlepart(part(ContentType::TEXT_HTML, &letter.html_body)),
        )
        .map_err(|error| never("the message", &error))?;
    Ok(Written { envelope: message.envelope().clone(), bytes: message.formatted() })
}

/// A server that waits for the text.
pub struct Ready {
    connection: AsyncSmtpConnection,
    bytes: Vec<u8>,
    timeout: Duration,
}

/// Connects, secures, signs in, names sender and addressee. Nothing has been sent after it, whatever it answers.
pub async fn open(config: &Config, written: Written) -> Result<Ready, Failure> {
    let timeout = Duration::from_secs(config.smtp_timeout_seconds.into());
    match tokio::time::timeout(timeout, greet(config, &written, timeout)).await {
        Ok(connection) => Ok(Ready { connection: connection?, bytes: written.bytes, timeout }),
        Err(_) => Err(Failure::Later(format!("the mail server took longer than {} s", timeout.as_secs()))),
    }
}

async fn greet(
    config: &Config,
    written: &Written,
    timeout: Duration,
) -> Result<AsyncSmtpConnection, Failure> {
    let hello = ClientId::Domain(domain(&config.mail_from));
    let (now, then) = match (config.smtp_security, tls_parameters(config).await?) {
        (SmtpSecurity::StartTls, parameters) => (None, parameters),
        (_, parameters) => (parameters, None),
    };
    // Until a message is named, a refusal is about the desk, not about the message: it waits for the operator.
    let desks = |part: &str, error| Failure::Later(format!("{part}: {}", said(&error)));
    let server = (config.smtp_host.as_str(), config.smtp_port);
    let mut connection = AsyncSmtpConnection::connect_tokio1(server, Some(timeout), &hello, now, None)
        .await
        .map_err(|error| desks("connecting", error))?;
    if let Some(parameters) = then {
        // A server that does not offer it is not spoken to in the open instead.
        connection.starttls(parameters, &hello).await.map_err(|error| desks("STARTTLS", error))?;
    }
    if !config.smtp_user.is_empty() {
        let credentials = Credentials::new(config.smtp_user.clone(), config.smtp_password.clone());
        let signed_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
        signed_in.map_err(|error| desks("signing in", error))?;
    }
    name_parties(&mut connection, written).await?;
    Ok(connection)
}

async fn name_parties(connection: &mut AsyncSmtpConnection, written: &Written) -> Result<(), Failure> {
    let mut parameters = Vec::new();
    let mut addresses = written.envelope.to().iter().chain(written.envelope.from());
    if addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::Never("the mail server does not take addresses beyond ASCII".into()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !written.bytes.is_ascii() {
        if !connection.server_info().supports_feature(Extension::EightBitMime) {
            return Err(Failure::Never("the mail server does not take texts beyond ASCII".into()));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(Mail::new(written.envelope.from().cloned(), parameters)).await?;
    for to in written.envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
    }
    Ok(())
}

/// What a connection is secured with; none where it is not to be. The certificates are read anew each time, so that new
/// ones count without a restart.
async fn tls_parameters(config: &Config) -> Result<Option<TlsParameters>, Failure> {
    if config.smtp_security == SmtpSecurity::None {
        return Ok(None);
    }
    let (host, file) = (config.smtp_host.clone(), config.smtp_ca_file.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let mut builder = TlsParameters::builder(host);
        if !file.as_os_str().is_empty() {
            let pem = std::fs::read(&file).map_err(|error| format!("smtp_ca_file: {error}"))?;
            let certificate =
                Certificate::from_pem(&pem).map_err(|error| format!("smtp_ca_file: {error}"))?;
            builder = builder.add_root_certificate(certificate);
        }
        builder.build_rustls().map_err(|error| said(&error))
    });
    let read = reading.await.map_err(|error| Failure::Later(format!("certificates: {error}")))?;
    read.map(Some).map_err(Failure::Later)
}

fn domain(from: &str) -> String {
    from.trim_end_matches('>').rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned()
}

impl Ready {
    /// Hands the text over; answers what the server said.
    pub async fn hand_over(mut self) -> Result<String, Failure> {
        let unknown = |why: String| Failure::Unknown(format!("after the text was handed over: {why}"));
        // A refusal to take the text, or a silence before it, has sent nothing.
        let data = tokio::time::timeout(self.timeout, self.connection.command(Data)).await;
        data.map_err(|_| Failure::Later("the mail server does not answer DATA".into()))??;
        let handed = tokio::time::timeout(self.timeout, self.connection.message(&self.bytes)).await;
        let answer = match handed {
            Err(_) => return Err(unknown(format!("no answer within {} s", self.timeout.as_secs()))),
            Ok(Err(error)) if error.is_transient() || error.is_permanent() => return Err(error.into()),
            Ok(Err(error)) => return Err(unknown(said(&error))),
            Ok(Ok(response)) => response,
        };
        let code = answer.code();
        let text: String = answer.message().collect::<Vec<_>>().join(" ");
        self.leave().await;
        Ok(format!("{code} {text}").chars().filter(|c| !c.is_control()).take(1000).collect())
    }

    /// Ends the connection without handing anything over.
    pub async fn leave(mut self) {
        // Nobody waits long for a goodbye.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.connection.quit()).await;
    }
}
