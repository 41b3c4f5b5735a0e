//! A response's body that is read as the client takes it: no more than one piece is in memory, and no thread waits for a
//! slow client.

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use std::io::{Error, Read, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes read at a time.
const PIECE_BYTES: usize = 256 << 10;

/// What may be read on another thread.
pub(crate) type Source = Box<dyn Read + Send>;

/// The body of what a source gives, of so many bytes.
pub(crate) fn body(source: Source, length: u64) -> Body {
    Body::new(Streamed { state: State::Waiting(source), left: length })
}

struct Streamed {
    state: State,
    left: u64,
}

enum State {
    /// The client has not asked for more yet.
    Waiting(Source),
    /// A piece is being read.
    Reading(JoinHandle<Result<(Source, Bytes)>>),
    Ended,
}

fn read_piece(mut source: Source, left: u64) -> Result<(Source, Bytes)> {
    let mut piece = Vec::with_capacity(usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES));
    (&mut source).take(left.min(PIECE_BYTES as u64)).read_to_end(&mut piece)?;
    match piece.is_empty() {
        // The length was announced: the client must not take what there is for the whole.
        true => Err(Error::new(std::io::ErrorKind::UnexpectedEof, "content is shorter than it was")),
        false => Ok((source, piece.into())),
    }
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Waiting(source) if self.left > 0 => {
                    let left = self.left;
                    self.state = State::Reading(spawn_blocking(move || read_piece(source, left)));
                }
                State::Waiting(_) | State::Ended => return Poll::Ready(None),
                State::Reading(mut reading) => {
                    let Poll::Ready(done) = Pin::new(&mut reading).poll(context) else {
                        self.state = State::Reading(reading);
                        return Poll::Pending;
                    };
                    return Poll::Ready(Some(done.map_err(Error::other).flatten().map(|(source, piece)| {
                        self.left -= piece.len() as u64;
                        self.state = State::Waiting(source);
                        Frame::data(piece)
                    })));
                }
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
