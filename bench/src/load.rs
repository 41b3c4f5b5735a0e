//! Load: many clients, each on a connection of its own, and what they saw.
//!
//! Closed: a client asks again as soon as it is answered; the rate is what the server can do with so many clients.
//! Open: requests arrive at a rate of their own, and a request that has to wait for a free client has its wait counted,
//! so a server that stalls cannot hide it.

use crate::process;
use crate::target::{Connection, Shot, Target};
use anyhow::Result;
use hdrhistogram::Histogram;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Makes the requests of a workload.
pub type Shots = Rc<dyn Fn(Turn) -> Shot>;

/// Whose turn it is to ask.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// The client, from 0.
    pub client: usize,
    /// How many requests this client has made before.
    pub index: u64,
    /// A number that looks random; the same for the same turn.
    pub random: u64,
}

impl Turn {
    fn new(client: usize, index: u64) -> Self {
        let mut random = (index << 16 | client as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        random = (random ^ (random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        random = (random ^ (random >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self { client, index, random: random ^ (random >> 31) }
    }

    /// One of a list, at random.
    pub fn pick<'a, T>(&self, list: &'a [T]) -> &'a T {
        let length = list.len().max(1) as u64;
        &list[usize::try_from(self.random % length).unwrap_or_default()]
    }
}

/// How requests arrive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    /// As soon as the one before is answered.
    Closed,
    /// So many a second, whatever the server does.
    Open { rate_per_s: f64 },
}

impl Arrival {
    /// When the next request is due, for a client that is free now; `None` when that is not before the end.
    fn next_due(self, now: Instant, start: Instant, end: Instant, next_arrival: &mut u32) -> Option<Instant> {
        let due = match self {
            Self::Closed => now,
            Self::Open { rate_per_s } => {
                let arrival = *next_arrival;
                *next_arrival += 1;
                start + Duration::from_secs_f64(f64::from(arrival) / rate_per_s)
            }
        };
        (due < end).then_some(due)
    }
}

/// A load to put on a server.
pub struct Load {
    pub target: Rc<Target>,
    pub clients: usize,
    pub arrival: Arrival,
    /// How long it is measured; it runs a little before that to warm up.
    pub duration: Duration,
    pub shots: Shots,
    /// Whether an answer other than 2xx is what is expected.
    pub any_status: bool,
    /// The server's process, when it runs on this machine as our child.
    pub server: Option<u32>,
}

/// What was seen.
#[derive(Debug)]
pub struct Measured {
    /// Microseconds from when a request was due until its answer was read to the end, of the requests that were due
    /// while it was measured, also when their answers came later.
    pub latency_us: Histogram<u64>,
    /// Answers that came while it was measured.
    pub answers: u64,
    pub errors: u64,
    pub first_error: Option<String>,
    pub seconds: f64,
    pub body_bytes: u64,
    /// Processor seconds of this program while it measured.
    pub own_cpu_s: f64,
    /// Processor seconds of the server.
    pub server_cpu_s: Option<f64>,
}

impl Measured {
    /// Answered requests a second.
    pub fn rate_per_s(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    /// A quantile of the latency in milliseconds.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.latency_us.value_at_quantile(quantile) as f64 / 1000.0
    }

    /// False when an answer was an error, or none came: then its figures are worth nothing.
    pub fn is_sound(&self) -> bool {
        self.errors == 0 && !self.latency_us.is_empty()
    }

    /// The longest latency in milliseconds.
    pub fn max_ms(&self) -> f64 {
        self.latency_us.max() as f64 / 1000.0
    }
}

/// What clients write down together.
struct Ledger {
    latency_us: Histogram<u64>,
    answers: u64,
    errors: u64,
    first_error: Option<String>,
    body_bytes: u64,
    /// The next arrival of an open load.
    next_arrival: u32,
}

impl Ledger {
    fn new() -> Result<Self> {
        Ok(Self {
            latency_us: Histogram::new_with_bounds(1, 120_000_000, 3)?,
            answers: 0,
            errors: 0,
            first_error: None,
            body_bytes: 0,
            next_arrival: 0,
        })
    }

    /// Counts an answer that came now, and how long it took if it was due while it was measured.
    fn answered(&mut self, due: Instant, now: Instant, window: (Instant, Instant), body_bytes: u64) {
        let in_window = |instant: Instant| instant >= window.0 && instant < window.1;
        if in_window(due) {
            let latency_us = u64::try_from((now - due).as_micros()).unwrap_or(u64::MAX);
            self.latency_us.saturating_record(latency_us.max(1));
        }
        if in_window(now) {
            self.answers += 1;
            self.body_bytes += body_bytes;
        }
    }
}

/// A timer of this program may be so late without it being the server's fault.
const TIMER_SLACK: Duration = Duration::from_millis(2);

impl Load {
    /// Runs the load: a warm-up, then the measurement.
    pub async fn run(self) -> Result<Measured> {
        let ledger = Rc::new(RefCell::new(Ledger::new()?));
        let warm_up = self.duration.mul_f64(0.2).min(Duration::from_secs(1));
        let start = Instant::now();
        let window = (start + warm_up, start + warm_up + self.duration);
        let load = Rc::new(self);
        let clients: Vec<_> = (0..load.clients)
            .map(|client| {
                let (load, ledger) = (Rc::clone(&load), Rc::clone(&ledger));
                tokio::task::spawn_local(async move { load.be_client(client, start, window, &ledger).await })
            })
            .collect();
        tokio::time::sleep_until(window.0.into()).await;
        let (own_before, server_before) = (process::own_cpu_s(), load.server.map(process::cpu_s));
        tokio::time::sleep_until(window.1.into()).await;
        let own_cpu_s = process::own_cpu_s() - own_before;
        let server_cpu_s = load.server.map(process::cpu_s).zip(server_before).map(|(now, then)| now - then);
        for client in clients {
            client.await?;
        }
        let mut ledger = ledger.borrow_mut();
        Ok(Measured {
            latency_us: ledger.latency_us.clone(),
            answers: ledger.answers,
            errors: ledger.errors,
            first_error: ledger.first_error.take(),
            seconds: load.duration.as_secs_f64(),
            body_bytes: ledger.body_bytes,
            own_cpu_s,
            server_cpu_s,
        })
    }

    async fn be_client(
        &self,
        client: usize,
        start: Instant,
        window: (Instant, Instant),
        ledger: &RefCell<Ledger>,
    ) {
        let mut connection = Connection::new(Rc::clone(&self.target));
        for index in 0.. {
            let Some(due) = self.await_turn(start, window.1, ledger).await else { return };
            let shot = (self.shots)(Turn::new(client, index));
            let outcome = connection.shoot(&shot).await;
            let failure = match outcome {
                Ok(outcome) if self.any_status || (200..300).contains(&outcome.status) => {
                    ledger.borrow_mut().answered(due, Instant::now(), window, outcome.body_bytes);
                    continue;
                }
                Ok(outcome) => {
                    format!("{} for {} {}: {}", outcome.status, shot.method, shot.path, outcome.complaint)
                }
                Err(error) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    format!("{error:#} for {} {}", shot.method, shot.path)
                }
            };
            let mut ledger = ledger.borrow_mut();
            ledger.errors += 1;
            ledger.first_error.get_or_insert(failure);
        }
    }

    /// Waits until this client may ask; gives the instant from which its latency counts, or `None` at the end.
    async fn await_turn(&self, start: Instant, end: Instant, ledger: &RefCell<Ledger>) -> Option<Instant> {
        let now = Instant::now();
        let due = self.arrival.next_due(now, start, end, &mut ledger.borrow_mut().next_arrival)?;
        if due <= now {
            return Some(due);
        }
        tokio::time::sleep_until(due.into()).await;
        Some(Instant::now().min(due + TIMER_SLACK))
    }
}

/// What a second of answers that all took as long measures: for the tests of those who judge it.
#[cfg(test)]
pub fn measured(latency_us: u64, answers: u64, errors: u64) -> Measured {
    let mut latencies = Histogram::new(3).expect("three digits are allowed");
    latencies.record_n(latency_us, answers).expect("the latency is in range");
    Measured {
        latency_us: latencies,
        answers,
        errors,
        first_error: None,
        seconds: 1.0,
        body_bytes: 0,
        own_cpu_s: 0.0,
        server_cpu_s: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// A server that answers every request after `delay`, on every connection at the same time.
    async fn serve(delay: Duration, status_line: &'static str) -> Rc<Target> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/fhir", listener.local_addr().unwrap());
        tokio::task::spawn_local(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::task::spawn_local(async move {
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                        tokio::time::sleep(delay).await;
                        let answer = format!("HTTP/1.1 {status_line}\r\ncontent-length: 2\r\n\r\n{{}}");
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        Rc::new(Target::new(&url, None).unwrap())
    }

    fn measure(clients: usize, arrival: Arrival, delay_ms: u64, status_line: &'static str) -> Measured {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async move {
            let target = serve(Duration::from_millis(delay_ms), status_line).await;
            let load = Load {
                target,
                clients,
                arrival,
                duration: Duration::from_millis(400),
                shots: Rc::new(|_| Shot::get("/fhir/Patient/1")),
                any_status: false,
                server: None,
            };
            load.run().await.unwrap()
        })
    }

    /// By a clock of its own, since a busy machine makes every real answer late.
    #[test]
    fn a_closed_load_asks_as_fast_as_it_is_answered() {
        let (start, delay) = (Instant::now(), Duration::from_millis(20));
        let window = (start + Duration::from_millis(80), start + Duration::from_millis(480));
        let (mut ledger, mut now) = (Ledger::new().unwrap(), start);
        while let Some(due) = Arrival::Closed.next_due(now, start, window.1, &mut 0) {
            assert_eq!(due, now);
            now += delay;
            ledger.answered(due, now, window, 2);
        }
        assert_eq!(now, window.1);
        // The answer that comes as the window opens counts, the one that comes as it closes does not.
        assert_eq!((ledger.answers, ledger.body_bytes, ledger.latency_us.len()), (20, 40, 20));
        assert!(ledger.latency_us.equivalent(ledger.latency_us.min(), 20_000));
        assert!(ledger.latency_us.equivalent(ledger.latency_us.max(), 20_000));
    }

    #[test]
    fn no_answer_is_measured_quicker_than_the_server_is() {
        let measured = measure(4, Arrival::Closed, 20, "200 OK");
        assert_eq!((measured.errors, measured.latency_us.count_between(0, 19_000)), (0, 0));
    }

    #[test]
    fn an_open_load_counts_the_wait_for_a_free_client() {
        // 100 arrivals a second of 20 ms each do not fit on one connection: the queue grows, and the latency with it.
        let measured = measure(1, Arrival::Open { rate_per_s: 100.0 }, 20, "200 OK");
        assert!(measured.max_ms() > 100.0, "{}", measured.max_ms());
    }

    #[test]
    fn answers_other_than_success_are_errors() {
        let measured = measure(1, Arrival::Closed, 5, "503 Service Unavailable");
        assert!(measured.errors > 0);
        assert_eq!(measured.latency_us.len(), 0);
        assert!(measured.first_error.unwrap().starts_with("503"));
    }
}
