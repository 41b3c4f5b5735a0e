//! The parameters of a URL or a form: names and values, in order.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Characters that stand for themselves in a query: those that FHIR searches use often stay readable.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':')
    .remove(b'/')
    .remove(b',')
    .remove(b'*')
    .remove(b'$');

/// Names and values, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters(pub Vec<(String, String)>);

impl Parameters {
    /// Reads `a=1&b=2`. Bytes that are not UTF-8 become replacement characters, which no parameter accepts as a name.
    pub fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(n, v)| (decode(n), decode(v)))
                .collect(),
        )
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Takes the parameters of some names out, and gives them.
    pub fn take(&mut self, names: &[&str]) -> Self {
        let (taken, left) =
            std::mem::take(&mut self.0).into_iter().partition(|(name, _)| names.contains(&name.as_str()));
        self.0 = left;
        Self(taken)
    }

    /// The first name that is not among the known ones.
    pub fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !known.contains(name))
    }

    /// The parameters as a URL has them, without a question mark.
    pub fn to_query(&self) -> String {
        let one = |(name, value): &(String, String)| format!("{}={}", encode(name), encode(value));
        self.0.iter().map(one).collect::<Vec<_>>().join("&")
    }

    /// The parameters behind a URL; the URL alone when there are none.
    pub fn behind(&self, url: &str) -> String {
        if self.0.is_empty() { url.to_owned() } else { format!("{url}?{}", self.to_query()) }
    }
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// A text as it stands in a query.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A path segment decoded; `None` when it is not UTF-8.
pub(crate) fn decode_segment(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_back() {
        let parameters = Parameters::parse("name=M%C3%BCller+A&code=http://x|1%262&empty&=y&%ff=1");
        assert_eq!(parameters.get("name"), Some("Müller A"));
        assert_eq!(parameters.get("code"), Some("http://x|1&2"));
        assert_eq!(parameters.get("empty"), Some(""));
        assert_eq!(Parameters::parse(&parameters.to_query()), parameters);
    }

    #[test]
    fn some_are_taken_out() {
        let mut parameters = Parameters::parse("a=1&_format=json&a=2");
        assert_eq!(parameters.take(&["_format"]).get("_format"), Some("json"));
        assert_eq!(parameters.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(parameters.unknown(&["a"]), None);
        assert_eq!(parameters.behind("x"), "x?a=1&a=2");
    }
}
