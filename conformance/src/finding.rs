//! What came of a check.

use crate::client::Exchange;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Asked, and every answer was right.
    Pass,
    /// An answer was wrong.
    Fail,
    /// The data that the server has is not enough to ask, or does not show it.
    Data,
    /// Not asked by this program; the reason is told.
    NotAsked,
}

/// One check's end, with what shows it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What was checked, such as `search patient+category`.
    pub check: String,
    /// SHALL or SHOULD.
    pub expectation: String,
    pub outcome: Outcome,
    /// Why, when it did not pass.
    pub detail: Detail,
}

/// What shows that an answer is wrong, or why a check was not made.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    pub request: String,
    pub expected: String,
    pub answer: String,
}

/// A check while its requests are made: the first wrong answer decides.
pub struct Check {
    name: String,
    expectation: String,
    asked: usize,
    wrong: Option<Detail>,
}

impl Check {
    /// A check that has asked nothing yet.
    pub fn new(name: impl Into<String>, expectation: &str) -> Self {
        Self { name: name.into(), expectation: expectation.to_owned(), asked: 0, wrong: None }
    }

    /// Counts an answer; it is wrong when it is not as expected.
    pub fn see(&mut self, is_right: bool, exchange: &Exchange, expected: &str) {
        self.judge(is_right, &exchange.request, expected, || exchange.gist());
    }

    /// The same with an answer in words.
    pub fn judge(&mut self, is_right: bool, request: &str, expected: &str, answer: impl FnOnce() -> String) {
        self.asked += 1;
        if !is_right && self.wrong.is_none() {
            let (request, expected) = (request.to_owned(), expected.to_owned());
            self.wrong = Some(Detail { request, expected, answer: answer() });
        }
    }

    /// True while every answer was right.
    pub fn is_right(&self) -> bool {
        self.wrong.is_none()
    }

    /// The end: a check that could ask nothing lacks data, namely this.
    pub fn end(self, lacking: &str) -> Finding {
        let outcome = match (&self.wrong, self.asked) {
            (Some(_), _) => Outcome::Fail,
            (None, 0) => Outcome::Data,
            (None, _) => Outcome::Pass,
        };
        let lacking = Detail { answer: lacking.to_owned(), ..Detail::default() };
        let detail = self.wrong.unwrap_or(if outcome == Outcome::Data { lacking } else { Detail::default() });
        Finding { check: self.name, expectation: self.expectation, outcome, detail }
    }
}

impl Finding {
    /// A check that this program does not make, and why.
    pub fn not_asked(check: impl Into<String>, expectation: &str, why: &str) -> Self {
        let detail = Detail { answer: why.to_owned(), ..Detail::default() };
        Self { check: check.into(), expectation: expectation.to_owned(), outcome: Outcome::NotAsked, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_answer_fails_a_check_and_none_is_no_pass() {
        let end = |answers: &[bool]| {
            let mut check = Check::new("x", "SHALL");
            answers.iter().for_each(|answer| check.judge(*answer, "GET x", "y", String::new));
            check.end("nothing to ask with").outcome
        };
        assert_eq!(end(&[true, true]), Outcome::Pass);
        assert_eq!(end(&[true, false, true]), Outcome::Fail);
        assert_eq!(end(&[]), Outcome::Data);
    }
}
