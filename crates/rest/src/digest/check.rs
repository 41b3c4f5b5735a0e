//! Whether what arrives is what was sent.

use super::{Algorithm, CONTENT_DIGEST, Hasher, REPR_DIGEST, members};
use crate::failure::Failure;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// What a sender says of the bytes, and their hashes as they pass.
pub(crate) struct Check {
    claims: Vec<Claim>,
}

struct Claim {
    field: &'static str,
    hash: Vec<u8>,
    hasher: Hasher,
}

/// Bytes that are not what their sender says of them, or a hash that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    field: &'static str,
    /// What is wrong, in words.
    pub what: String,
}

impl Check {
    /// What the headers say of the bytes that follow; `None` when they say nothing that is understood.
    ///
    /// Of a whole message both fields are of the same bytes. Algorithms that nobody should trust any more are passed
    /// over (RFC 9530 §5).
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Damage> {
        let mut claims = Vec::new();
        for (header, field) in [(CONTENT_DIGEST, "Content-Digest"), (REPR_DIGEST, "Repr-Digest")] {
            for (name, value) in members(headers, &header) {
                let Some(algorithm) = Algorithm::named(name) else { continue };
                let base64 = value.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
                let hash = base64.and_then(|base64| STANDARD.decode(base64).ok()).ok_or_else(|| Damage {
                    field,
                    what: format!("the value of {name} in {field} is no base64 between two colons"),
                })?;
                claims.push(Claim { field, hash, hasher: Hasher::new(algorithm) });
            }
        }
        Ok((!claims.is_empty()).then_some(Self { claims }))
    }

    /// Bytes that came.
    pub fn update(&mut self, bytes: &[u8]) {
        self.claims.iter_mut().for_each(|claim| claim.hasher.update(bytes));
    }

    /// All bytes came.
    pub fn finish(self) -> Result<(), Damage> {
        for Claim { field, hash, hasher } in self.claims {
            let (algorithm, came) = hasher.finish();
            if came.as_ref() != hash {
                let name = algorithm.name();
                let what =
                    format!("the bytes that arrived are not those that were sent: {name} of {field} differs");
                return Err(Damage { field, what });
            }
        }
        Ok(())
    }
}

/// How the check of a request stands.
#[derive(Clone)]
enum Standing {
    /// Not all bytes came yet.
    Awaited,
    Whole,
    Damaged(Damage),
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Standing>>);

impl Shared {
    fn set(&self, standing: Standing) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }
}

/// A request whose body is checked as it is read; [`verify`] then tells.
pub(super) fn checked(request: Request) -> Request {
    let (check, standing) = match Check::of(request.headers()) {
        Ok(None) => return request,
        Ok(check) => (check, Standing::Awaited),
        Err(damage) => (None, Standing::Damaged(damage)),
    };
    let (mut parts, body) = request.into_parts();
    let shared = Shared(Arc::new(Mutex::new(standing)));
    parts.extensions.insert(shared.clone());
    Request::from_parts(parts, Body::new(Checked { body, check, shared }))
}

/// Refuses a body that is not what its sender says of it. To be asked when all of it was read, and before anything is
/// done with it.
pub(crate) fn verify(extensions: &Extensions) -> Result<(), Failure> {
    let Some(Shared(shared)) = extensions.get() else { return Ok(()) };
    let standing = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match standing {
        Standing::Whole => Ok(()),
        Standing::Awaited => Err(crate::serve::arrived_damaged()),
        Standing::Damaged(Damage { field, what }) => Err(Failure::bad_request(what)
            .mended_by("send the request again, with the hash of the bytes as they are sent (RFC 9530)")
            .at(&format!("http.{field}"))),
    }
}

struct Checked {
    body: Body,
    check: Option<Check>,
    shared: Shared,
}

impl HttpBody for Checked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(bytes), Some(check)) = (frame.data_ref(), &mut self.check) {
                    check.update(bytes);
                }
            }
            Some(Err(_)) => {}
            None => {
                if let Some(check) = self.check.take() {
                    let standing = check.finish().map_or_else(Standing::Damaged, |()| Standing::Whole);
                    self.shared.set(standing);
                }
            }
        }
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
