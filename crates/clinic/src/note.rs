//! The note of a visit as it is written: a text in which a line that begins with a slash is a command.
//!
//! A narrative stays a narrative; what is structured in it comes of its commands. What stands below `/dx` belongs to that
//! problem, until the next one or a heading: so an order knows what it is for, and nobody has to say it.
//!
//! ```text
//! # Assessment and plan
//! /dx Type 2 diabetes mellitus without complications [E11.9]
//! Above goal since the summer.
//! /rx metformin 1000 mg bid #180 r3
//! /lab a1c, lipids; in 3 months
//! ```

pub mod command;
pub mod draft;
pub mod known;
pub mod laboratory_test;
pub mod medication;
pub mod order;
pub mod problem_search;
mod resources;
pub mod signing;
pub mod suggestion;

use command::{COMMANDS, Entry};

/// A note that was read.
#[derive(Clone, Debug)]
pub struct Note {
    /// Its lines, in order.
    pub lines: Vec<Line>,
}

/// A line of a note.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// The line of the problem that it stands below, if it does.
    pub problem: Option<usize>,
    /// What it is.
    pub part: Part,
}

/// What a line is.
#[derive(Clone, Debug)]
pub enum Part {
    /// The name of a section.
    Heading(String),
    /// Text, as it was typed.
    Text(String),
    /// A command that was understood.
    Entry(Entry),
    /// A command that was not.
    Mistake {
        /// As it was typed.
        typed: String,
        /// What to do about it.
        message: String,
    },
}

/// The most that a note may have, in bytes: some fifty printed pages.
pub const TEXT_BYTES_MAX: usize = 256 << 10;

impl Note {
    /// Reads a note. Whatever is typed is one: what is not understood is a line that says so.
    pub fn read(text: &str) -> Self {
        let mut problem = None;
        let lines = text.lines().enumerate().map(|(at, line)| {
            let number = at + 1;
            let part = part(line);
            match &part {
                Part::Heading(_) => problem = None,
                Part::Entry(Entry::Problem(_)) => problem = Some(number),
                _ => {}
            }
            let problem = problem.filter(|problem| *problem != number);
            Line { number, problem, part }
        });
        Self { lines: lines.collect() }
    }

    /// Its commands that were understood, each with its line.
    pub fn entries(&self) -> impl Iterator<Item = (&Line, &Entry)> {
        self.lines.iter().filter_map(|line| match &line.part {
            Part::Entry(entry) => Some((line, entry)),
            _ => None,
        })
    }

    /// What was not understood: the line, and what to do about it.
    pub fn mistakes(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().filter_map(|line| match &line.part {
            Part::Mistake { message, .. } => Some((line.number, message.as_str())),
            _ => None,
        })
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| match &line.part {
            Part::Heading(_) => true,
            Part::Text(text) => text.trim().is_empty(),
            Part::Entry(_) | Part::Mistake { .. } => false,
        })
    }

    /// The note as it is signed: what its commands do in words, and no section that is empty. A section and a problem stand
    /// apart from what is above them.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut heading = None;
        for line in &self.lines {
            let (written, is_apart) = match &line.part {
                Part::Heading(name) => {
                    heading = Some(name.to_uppercase());
                    continue;
                }
                Part::Text(typed) => (typed.trim_end().to_owned(), false),
                Part::Entry(entry) => (entry.text(), matches!(entry, Entry::Problem(_))),
                Part::Mistake { typed, .. } => (typed.clone(), false),
            };
            if let Some(name) = heading.take_if(|_| !written.is_empty()) {
                set_apart(&mut text);
                text.push_str(&name);
                text.push('\n');
            } else if is_apart {
                set_apart(&mut text);
            }
            text.push_str(&written);
            text.push('\n');
        }
        text.trim().to_owned()
    }
}

/// Puts one empty line at the end of a text that is not empty.
fn set_apart(text: &mut String) {
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push_str("\n\n");
    }
}

fn part(line: &str) -> Part {
    let typed = line.trim();
    if let Some(name) = typed.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim())
        && !name.is_empty()
    {
        return Part::Heading(name.to_owned());
    }
    let Some(rest) = typed.strip_prefix('/').filter(|rest| rest.starts_with(char::is_alphabetic)) else {
        return Part::Text(line.to_owned());
    };
    let (word, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let lower = word.to_lowercase();
    let read = match COMMANDS.iter().find(|command| command.words.contains(&lower.as_str())) {
        Some(command) => (command.read)(argument.trim()),
        None => {
            let known: Vec<String> =
                COMMANDS.iter().map(|command| format!("/{}", command.words[0])).collect();
            Err(format!("there is no /{word}; there are {}", known.join(" ")))
        }
    };
    match read {
        Ok(entry) => Part::Entry(entry),
        Err(message) => Part::Mistake { typed: typed.to_owned(), message },
    }
}
