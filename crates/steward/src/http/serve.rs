//! The listening socket: HTTP/1.1 over hyper, with time limits for slow clients and a shutdown that answers every
//! request it has taken.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use super::App;
use super::stall::Impatient;
use crate::live;

/// How long a client may take to send its request's head.
const HEAD_SECONDS: u64 = 20;
/// How long a client may take nothing of what it asked for: whoever stops reading a large file holds a connection.
const STALL: Duration = Duration::from_secs(60);
/// Connections of the monitoring at a time.
const METRICS_CONNECTIONS: usize = 100;
/// How long open requests may take to end once the server is asked to stop.
const DRAIN_SECONDS: u64 = 20;

/// A connection's place among those served at a time, which it may give up early.
#[derive(Clone)]
pub struct Place(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Place {
    /// For a stream that is counted elsewhere.
    pub fn give_up(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// A server that is listening.
pub struct Server {
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Takes no more connections, lets open requests end, and returns once they have.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.done.await {
            tracing::error!(%error, "the listener ended badly");
        }
    }
}

/// Serves the app on `listener` until it is stopped.
pub fn serve(app: App, listener: TcpListener) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let most = app.config.max_connections;
    tokio::spawn(live::follow(app.clone(), stopped.clone()));
    let router = super::router(app);
    let done = tokio::spawn(accept(listener, router, most, stopped));
    Ok(Server { address, stop, done })
}

/// Serves `/metrics` alone, without a token: for an address that only the monitoring reaches.
pub fn serve_metrics(app: App, listener: TcpListener) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let figures = move || std::future::ready(super::observe::exposition(&app));
    let router = Router::new().route("/metrics", axum::routing::get(figures));
    let done = tokio::spawn(accept(listener, router, METRICS_CONNECTIONS, stopped));
    Ok(Server { address, stop, done })
}

/// Serves at most so many connections at a time; the kernel keeps further ones waiting.
async fn accept(listener: TcpListener, router: Router, most: usize, mut stopped: watch::Receiver<bool>) {
    let connections = Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS))
        .max_buf_size(64 * 1024);
    loop {
        let place = tokio::select! {
            place = connections.clone().acquire_owned() => place.expect("the semaphore is never closed"),
            _ = stopped.changed() => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: wait for some to be closed rather than spin.
                    tracing::warn!(%error, "cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = stopped.changed() => break,
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let place = Place(Arc::new(Mutex::new(Some(place))));
        let held = place.clone();
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(held.clone());
            router.clone().oneshot(request)
        });
        let connection =
            graceful.watch(http.serve_connection(TokioIo::new(Impatient::new(stream, STALL)), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "a connection ended early");
            }
            place.give_up();
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS), graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end within {DRAIN_SECONDS} s; their connections are cut");
    }
}
