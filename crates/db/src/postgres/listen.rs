//! Hearing notifications, on a connection and a thread of their own.

use std::sync::Weak;
use std::time::Duration;

use ::postgres::fallible_iterator::FallibleIterator;

use super::Server;

/// How often the thread looks whether the database is still open, and how long it waits before it connects anew.
const LOOK: Duration = Duration::from_secs(1);

/// Calls `heard` with what each notification on `channel` says, and with nothing where some may have been missed, until
/// `open` has gone.
pub(super) fn spawn(
    server: Server,
    channel: &'static str,
    open: Weak<()>,
    heard: impl Fn(Option<&str>) + Send + 'static,
) {
    let listen = move || {
        while open.strong_count() > 0 {
            if let Err(error) = listen(&server, channel, &open, &heard) {
                tracing::debug!(%error, channel, "notifications are not heard just now");
                std::thread::sleep(LOOK);
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("db-listen".into()).spawn(listen) {
        // Notifications are hints: whoever needs them polls besides.
        tracing::warn!(%error, channel, "no thread to hear notifications");
    }
}

fn listen(
    server: &Server,
    channel: &str,
    open: &Weak<()>,
    heard: &impl Fn(Option<&str>),
) -> Result<(), ::postgres::Error> {
    let mut client = server.config.connect(server.tls.clone())?;
    client.batch_execute(&format!("listen {channel}"))?;
    heard(None);
    while open.strong_count() > 0 {
        if client.is_closed() {
            return client.batch_execute("");
        }
        let mut notifications = client.notifications();
        if let Some(notification) = notifications.timeout_iter(LOOK).next()? {
            heard(Some(notification.payload()));
        }
    }
    Ok(())
}
