//! Pages fit their window, targets are large enough to hit, letters stand out.

use crate::browser::Browser;
use crate::made_up::{CROWDED, DECEASED, EMPTY, INFANT, LONG_NAME};
use crate::practice::practice;
use serde_json::json;

const WINDOWS: [(u32, u32, bool); 4] =
    [(1366, 768, false), (1024, 768, false), (390, 844, true), (320, 640, true)];

fn pages() -> Vec<String> {
    const OF_A_PATIENT: [&str; 8] = [
        "",
        "/results",
        "/results/4548-4",
        "/documents/crowded-note",
        "/problems",
        "/problems?find=diabetes&onset=1985&look=nobody",
        "/allergies",
        "/allergies?look=crowded-allergy-0",
    ];
    let mut pages: Vec<String> = OF_A_PATIENT.map(|end| format!("/p/{CROWDED}{end}")).into();
    pages.extend([EMPTY, LONG_NAME, DECEASED].map(|id| format!("/p/{id}")));
    pages.extend(["/patients", "/patients?q=w", "/patients?q=zzzzqx", "/p/nobody"].map(str::to_owned));
    pages.push(format!("/p/{}", practice().ordinary_patient()));
    pages.extend(["", "/growth"].map(|end| format!("/p/{INFANT}{end}")));
    pages
}

/// Says what is wrong on a page, as lines.
fn assert_none(browser: &Browser, body: &str, what: &str) {
    let found = browser.script(body);
    assert_eq!(found, json!([]), "{what}");
}

/// What is wider than the window and not in a scroller of its own.
const TOO_WIDE: &str = "
    const scrolls = [...document.querySelectorAll('.panes > *, .paper')].filter(one => one.scrollWidth > one.clientWidth + 1);
    if (scrolls.length) return scrolls.map(one => 'scrolls sideways: ' + one.className);
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    return [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > room + 1
        && !one.closest('.scroll')).slice(0, 5).map(one => one.outerHTML.slice(0, 160));";

/// What is too small to hit: 24 by 24 CSS pixels (WCAG 2.2, 2.5.8), links within a sentence excepted.
const TOO_SMALL: &str = "
    const targets = [...document.querySelectorAll('a, button, input, summary')];
    return targets.filter(one => one.checkVisibility() && !one.closest('p') && !one.matches('.skip')).filter(one => {
        const box = one.getBoundingClientRect();
        return box.width > 0 && (box.width < 24 || box.height < 23.9);
    }).slice(0, 5).map(one => {
        const box = one.getBoundingClientRect();
        return one.outerHTML.slice(0, 120) + ' ' + box.width + 'x' + box.height;
    });";

/// Text whose contrast with what is behind it is less than 4.5 (WCAG 2.2, 1.4.3).
const TOO_FAINT: &str = "
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = (one) => {
        for (let at = one; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] > 0.99) return colour;
        }
        return [255, 255, 255];
    };
    const hasText = (one) => [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const bad = [...document.querySelectorAll('body *')].filter(one => hasText(one) && one.checkVisibility()).map(one => {
        const [front, back] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
        return [(Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05), one];
    }).filter(([contrast]) => contrast < 4.5);
    return bad.slice(0, 5).map(([contrast, one]) => contrast.toFixed(2) + ' ' + one.outerHTML.slice(0, 120));";

#[test]
fn nothing_is_cut_off_and_every_target_can_be_hit() {
    let Some(browser) = practice().browser("nothing_is_cut_off_and_every_target_can_be_hit") else { return };
    for page in pages() {
        browser.open(&page);
        for (width, height, is_mobile) in WINDOWS {
            browser.size(width, height, is_mobile);
            assert_none(&browser, TOO_WIDE, &format!("{page} at {width} px is too wide"));
            assert_none(&browser, TOO_SMALL, &format!("{page} at {width} px: too small to hit"));
        }
    }
}

#[test]
fn letters_stand_out_in_the_light_and_in_the_dark() {
    let Some(browser) = practice().browser("letters_stand_out_in_the_light_and_in_the_dark") else { return };
    for page in pages() {
        browser.open(&page);
        for is_dark in [false, true] {
            browser.is_dark(is_dark);
            assert_none(&browser, TOO_FAINT, &format!("{page}, dark: {is_dark}: too faint"));
        }
    }
}

#[test]
fn dates_can_be_read_one_way_only() {
    let Some(browser) = practice().browser("dates_can_be_read_one_way_only") else { return };
    for page in pages() {
        browser.open(&page);
        // What somebody wrote in a note stays as it was written.
        let shown = "return ['#main', '.banner'].map(part => document.querySelector(part)?.cloneNode(true))
            .filter(Boolean).map(part => { part.querySelectorAll('.paper').forEach(note => note.remove());
                return part.textContent.replace(/\\s+/g, ' '); }).join(' ')";
        let text = browser.script(shown);
        let text = text.as_str().unwrap();
        let is_ambiguous = |word: &&str| {
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let parts: Vec<_> =
                word.trim_matches(|mark: char| !mark.is_ascii_digit()).split(['/', '-']).collect();
            parts.len() == 3
                && parts.iter().all(|part| digits(part))
                && parts.iter().any(|part| part.len() == 4)
        };
        assert_eq!(text.split_whitespace().find(is_ambiguous), None, "{page}");
    }
}
