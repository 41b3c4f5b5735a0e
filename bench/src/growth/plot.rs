//! Small drawings beside each other, as one SVG that is readable on light and dark ground: values upwards and patients to
//! the right, both on logarithmic scales, and a goal as a broken line.

use std::fmt::Write;

/// Values of one thing by number of patients.
pub struct Line {
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
}

/// One drawing.
pub struct Panel {
    /// With the unit.
    pub title: &'static str,
    /// The goal.
    pub limit: Option<f64>,
    pub lines: Vec<Line>,
}

const COLUMNS: usize = 2;
const PANEL_WIDTH: f64 = 380.0;
const PANEL_HEIGHT: f64 = 260.0;
/// What is kept free around the lines: left, top, right (for their names), bottom.
const MARGIN: (f64, f64, f64, f64) = (48.0, 34.0, 100.0, 34.0);
/// Names stand at least so far apart.
const NAME_HEIGHT: f64 = 13.0;
/// The highest value of a scale is at least so many times the lowest.
const LEAST_RATIO: f64 = 4.0;
/// Middle tones, that stand out on white and on black.
const COLOURS: [&str; 9] =
    ["#3b82c4", "#d9822b", "#3a9d5d", "#c8504b", "#8a6fc9", "#a0764e", "#cf6bb0", "#6f8f2f", "#2f9c9c"];

const STYLE: &str = "<style>
text{font:11px sans-serif;fill:#222}.title{font-weight:bold;font-size:12px}.ground{fill:#fff}
.grid{stroke:#ddd}.limit{stroke:#888;stroke-dasharray:5 4}.line{fill:none;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#ddd}.ground{fill:#161b22}.grid{stroke:#30363d}}
</style>
";

/// A logarithmic scale: values from `low` to `high` onto `start` to `end`.
#[derive(Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// A scale that has room for all values.
    fn around(values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let (low, high) = values
            .filter(|value| *value > 0.0)
            .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low > high { (1.0, 10.0) } else { (low, high) };
        // What hardly changes shall look so.
        let room = (LEAST_RATIO * low / high).sqrt().max(1.25);
        Self { low: low / room, high: high * room, start, end }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value.max(self.low) / self.low).ln() / (self.high / self.low).ln();
        self.start + share * (self.end - self.start)
    }

    /// Round values to write beside it: powers of ten, with steps between them where there are few.
    fn ticks(&self) -> Vec<f64> {
        let within = |steps: &[f64]| -> Vec<f64> {
            let values =
                (-6..=9).flat_map(|decade: i32| steps.iter().map(move |step| step * 10.0_f64.powi(decade)));
            values.filter(|value| (self.low..=self.high).contains(value)).collect()
        };
        [&[1.0][..], &[1.0, 3.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]]
            .into_iter()
            .map(within)
            .find(|ticks| ticks.len() >= 3)
            .unwrap_or_default()
    }
}

/// Draws the panels, row by row.
pub fn draw(panels: &[Panel]) -> String {
    let (width, rows) = (PANEL_WIDTH * COLUMNS as f64, panels.len().div_ceil(COLUMNS));
    let height = PANEL_HEIGHT * rows as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"Cost against number of patients\">\n{STYLE}<rect class=\"ground\" width=\"{width}\" \
         height=\"{height}\"/>\n"
    );
    for (at, panel) in panels.iter().enumerate() {
        let (left, top) = ((at % COLUMNS) as f64 * PANEL_WIDTH, (at / COLUMNS) as f64 * PANEL_HEIGHT);
        let _ = writeln!(svg, "<g transform=\"translate({left},{top})\">");
        panel.draw(&mut svg);
        svg.push_str("</g>\n");
    }
    svg + "</svg>\n"
}

impl Panel {
    fn draw(&self, svg: &mut String) {
        let (left, top, right, bottom) = MARGIN;
        let points = || self.lines.iter().flat_map(|line| line.points.iter().copied());
        let x = Scale::around(points().map(|(x, _)| x), left, PANEL_WIDTH - right);
        let y = Scale::around(points().map(|(_, y)| y).chain(self.limit), PANEL_HEIGHT - bottom, top);
        let _ = writeln!(svg, "<text class=\"title\" x=\"{left}\" y=\"18\">{}</text>", self.title);
        for value in y.ticks() {
            let (at, end) = (y.place(value), x.end);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{left} {at:.1}H{end}\"/><text x=\"{:.1}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{}</text>",
                left - 5.0,
                at + 4.0,
                short(value)
            );
        }
        let foot = PANEL_HEIGHT - bottom;
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\">patients</text>", x.end + 6.0, foot + 15.0);
        for value in x.ticks() {
            let at = x.place(value);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{at:.1} {top}V{foot}\"/><text x=\"{at:.1}\" y=\"{:.1}\" \
                 text-anchor=\"middle\">{}</text>",
                foot + 15.0,
                short(value)
            );
        }
        if let Some(limit) = self.limit {
            let _ = writeln!(svg, "<path class=\"limit\" d=\"M{left} {:.1}H{}\"/>", y.place(limit), x.end);
        }
        self.draw_lines(svg, x, y);
    }

    fn draw_lines(&self, svg: &mut String, x: Scale, y: Scale) {
        let mut names = Vec::new();
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let places: Vec<_> =
                line.points.iter().map(|(at, value)| (x.place(*at), y.place(*value))).collect();
            let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            let Some(last) = places.last() else { continue };
            names.push((last.1, line.name, *colour));
            let _ = writeln!(svg, "<path class=\"line\" stroke=\"{colour}\" d=\"M{}\"/>", path.join("L"));
            for (x, y) in places {
                let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{colour}\"/>");
            }
        }
        for (at, name, colour) in apart(names) {
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{:.1}\" style=\"fill:{colour}\">{name}</text>",
                x.end + 6.0,
                at + 4.0
            );
        }
    }
}

/// Names beside the ends of their lines, moved up and down until none covers another.
fn apart<'a>(mut names: Vec<(f64, &'a str, &'a str)>) -> Vec<(f64, &'a str, &'a str)> {
    names.sort_by(|one, next| one.0.total_cmp(&next.0));
    for at in 1..names.len() {
        names[at].0 = names[at].0.max(names[at - 1].0 + NAME_HEIGHT);
    }
    let (mut floor, bottom) = (PANEL_HEIGHT - MARGIN.3, NAME_HEIGHT);
    for name in names.iter_mut().rev() {
        name.0 = name.0.min(floor);
        floor = name.0 - bottom;
    }
    names
}

/// A tick: `0.5`, `20`, `5k`, `1M`.
fn short(value: f64) -> String {
    let (value, letter) = match value {
        large if large >= 1e6 => (large / 1e6, "M"),
        middle if middle >= 1e3 => (middle / 1e3, "k"),
        small => (small, ""),
    };
    let digits = if value >= 10.0 { 0 } else { 2 };
    let text = format!("{value:.digits$}");
    let plain = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{plain}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let ticks = |low: f64, high: f64| Scale::around([low, high].into_iter(), 0.0, 1.0).ticks();
        assert_eq!(ticks(1e4, 1e6), [1e4, 1e5, 1e6]);
        assert_eq!(ticks(2.0, 50.0), [3.0, 10.0, 30.0]);
        assert_eq!(
            ticks(5000.0, 9000.0).iter().map(|tick| short(*tick)).collect::<Vec<_>>(),
            ["4k", "5k", "6k", "8k", "10k"]
        );
    }

    #[test]
    fn names_never_cover_each_other_nor_leave_the_panel() {
        let names = apart((0..12).map(|at| (200.0 + f64::from(at % 3), "name", "#000")).collect());
        assert!(names.windows(2).all(|two| two[1].0 - two[0].0 >= NAME_HEIGHT - 1e-9), "{names:?}");
        assert!(names.iter().all(|name| (0.0..=PANEL_HEIGHT - MARGIN.3).contains(&name.0)), "{names:?}");
    }
}
