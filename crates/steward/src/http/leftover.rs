//! What a handler left unread of a request's body. A refusal (a wrong token, too large a body) comes before the whole
//! body has: were the connection closed over it, the kernel would cut off the client and with it the answer. So the rest
//! is read and thrown away first, within bounds; beyond them the client is told that the connection ends.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};

/// Bytes thrown away, at most, to keep a connection.
const MOST: usize = 8_000_000;
/// How long a client may take to send them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the body comes back to once the handler is done with it.
pub struct Leftover {
    back: Arc<Mutex<Option<Body>>>,
    /// The client waits to be told whether to send its body at all (`Expect: 100-continue`).
    holds_back: bool,
}

/// A body that comes back when it is dropped.
struct Lent {
    body: Body,
    back: Arc<Mutex<Option<Body>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let body = std::mem::take(&mut self.body);
        if !body.is_end_stream() {
            *self.back.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Lends the request's body to its handler; `None` where there is no body.
pub fn lend(request: Request) -> (Request, Option<Leftover>) {
    if request.body().is_end_stream() {
        return (request, None);
    }
    let holds_back = request.headers().contains_key(header::EXPECT);
    let back = Arc::new(Mutex::new(None));
    let leftover = Leftover { back: back.clone(), holds_back };
    (request.map(|body| Body::new(Lent { body, back })), Some(leftover))
}

impl Leftover {
    /// Reads the rest, or says in the answer that the connection ends.
    pub async fn settle(self, response: &mut Response) {
        let rest = self.back.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(rest) = rest else { return };
        let is_read = !self.holds_back && tokio::time::timeout(PATIENCE, drain(rest)).await.unwrap_or(false);
        if !is_read {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Whether the rest ended within the bound.
async fn drain(mut rest: Body) -> bool {
    let mut thrown_away = 0;
    while let Some(frame) = rest.frame().await {
        let Ok(frame) = frame else { return false };
        thrown_away += frame.data_ref().map_or(0, Bytes::len);
        if thrown_away > MOST {
            return false;
        }
    }
    true
}
