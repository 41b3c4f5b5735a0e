//! What a command tells while it runs: the same on a terminal, as JSON, and over the local socket.

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something a command says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// How far it is.
    Progress {
        /// Done so far.
        done: u64,
        /// Of so many.
        total: u64,
        /// What is being done, with figures.
        message: String,
    },
    /// A line for people.
    Line(String),
    /// The answer for machines, once, at the end.
    Answer(serde_json::Value),
    /// It failed, and why.
    Failed(String),
}

/// Where events go.
pub type Emit<'a> = dyn FnMut(Event) + Send + 'a;

/// Prints events: a bar and lines for people, or one JSON object a line.
pub struct Printer {
    json: bool,
    bar: Option<ProgressBar>,
    failed: bool,
}

impl Printer {
    /// A printer for people, or for machines.
    pub fn new(json: bool) -> Self {
        Self { json, bar: None, failed: false }
    }

    /// True when a failure was printed.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Prints one event.
    pub fn print(&mut self, event: Event) {
        self.failed |= matches!(event, Event::Failed(_));
        if self.json {
            println!("{}", serde_json::to_string(&event).unwrap_or_default());
            return;
        }
        match event {
            Event::Progress { done, total, message } => self.progress(done, total, message),
            Event::Line(line) => self.line(&line),
            Event::Answer(_) => {}
            Event::Failed(reason) => {
                self.finish();
                eprintln!("error: {reason}");
            }
        }
    }

    fn line(&mut self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| println!("{line}")),
            None => println!("{line}"),
        }
    }

    fn progress(&mut self, done: u64, total: u64, message: String) {
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left");
            let bar =
                ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(message);
        if done >= total {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
