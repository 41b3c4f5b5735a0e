//! Business versions: which is newer, and which one a reference means.

use std::cmp::Ordering;

/// Orders versions by their numbers, part by part; parts that are no numbers compare as text.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let mut left = a.split(['.', '-', '+', '/', ':']);
    let mut right = b.split(['.', '-', '+', '/', ':']);
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(x), Some(y)) => match (x.parse::<u64>(), y.parse::<u64>()) {
                (Ok(x), Ok(y)) => x.cmp(&y),
                _ => x.cmp(y),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// True when `wanted` means `version`: the same text, a pattern with `x` for any part (`1.x`), or an edition of
/// SNOMED CT (`http://snomed.info/sct/731000124108`) without its date.
pub(crate) fn matches(wanted: &str, version: &str) -> bool {
    if wanted == version {
        return true;
    }
    if let Some(rest) = version.strip_prefix(wanted) {
        return wanted.starts_with("http://snomed.info/") && rest.starts_with("/version/");
    }
    if !is_pattern(wanted) {
        return false;
    }
    let (mut pattern, mut parts) = (wanted.split('.').peekable(), version.split('.'));
    while let Some(part) = pattern.next() {
        let is_wild = matches!(part, "x" | "X" | "*");
        match parts.next() {
            Some(actual) if is_wild || part == actual => (),
            _ => return false,
        }
        if is_wild && pattern.peek().is_none() {
            return true;
        }
    }
    parts.next().is_none()
}

/// True for a version with a wild part, such as `1.x`.
pub(crate) fn is_pattern(version: &str) -> bool {
    version.split('.').any(|part| matches!(part, "x" | "X" | "*"))
}

/// A canonical and its version, split at the bar.
pub(crate) fn split_canonical(canonical: &str) -> (&str, Option<&str>) {
    match canonical.split_once('|') {
        Some((url, version)) if !version.is_empty() => (url, Some(version)),
        Some((url, _)) => (url, None),
        None => (canonical, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_numbers() {
        assert_eq!(compare("1.10.0", "1.9.0"), Ordering::Greater);
        assert_eq!(compare("2018-08-12", "9.0.0"), Ordering::Greater);
        assert_eq!(compare("1.0", "1.0.0"), Ordering::Less);
        assert_eq!(compare("1.0.0", "1.0.0"), Ordering::Equal);
    }

    #[test]
    fn patterns_and_editions_match() {
        assert!(matches("1.x", "1.2.0"));
        assert!(matches("1.x.0", "1.2.0"));
        assert!(!matches("1.x.1", "1.2.0"));
        assert!(!matches("1.2", "1.2.0"));
        assert!(matches("http://snomed.info/sct/1", "http://snomed.info/sct/1/version/20250901"));
        assert!(!matches("http://snomed.info/sct/1", "http://snomed.info/sct/11/version/20250901"));
    }
}
