//! Names that somebody who mistyped may have meant.

/// `; did you mean …?` with the names that are near, or nothing.
pub(super) fn near_misses<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let lower = name.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .filter_map(|known| {
            let other = known.to_lowercase();
            let contains = lower.len() > 3 && (other.contains(&lower) || lower.contains(other.as_str()));
            let distance = distance(&lower, &other);
            (distance <= 1 + lower.len() / 4 || contains).then_some((distance, known))
        })
        .collect();
    near.sort_unstable();
    near.truncate(5);
    let names: Vec<_> = near.into_iter().map(|(_, name)| name).collect();
    if names.is_empty() { String::new() } else { format!("; did you mean {}?", names.join(", ")) }
}

/// How many characters are to be changed, put in or taken out (Levenshtein); long names are cut.
fn distance(one: &str, two: &str) -> usize {
    let (one, two): (Vec<char>, Vec<char>) = (one.chars().take(64).collect(), two.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (at, left) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (other, right) in two.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[other + 1];
            row[other + 1] = replaced.min(row[other] + 1).min(diagonal + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    #[test]
    fn mistyped_names_are_found() {
        let known = ["birthdate", "name", "family", "identifier"];
        assert_eq!(super::near_misses("birthdte", known.into_iter()), "; did you mean birthdate?");
        assert_eq!(super::near_misses("zzz", known.into_iter()), "");
        assert_eq!(super::distance("kitten", "sitting"), 3);
    }
}
