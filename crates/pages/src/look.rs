//! Checks the colours of the style sheet: every text must be legible in light and dark (WCAG 2.2 §1.4.3, §1.4.11).

const STYLE: &str = include_str!("../static/grantwell.css");

/// Red, green and blue of a custom property in light or dark.
fn colour(name: &str, dark: bool) -> [f64; 3] {
    let start = STYLE.find(&format!("{name}: ")).unwrap_or_else(|| panic!("{name} is not defined"));
    let value = STYLE[start + name.len() + 2..].split(';').next().unwrap();
    let pair = value.trim_start_matches("light-dark(").trim_end_matches(')');
    let hex = pair
        .split(", ")
        .nth(usize::from(dark && pair.contains(", ")))
        .unwrap()
        .trim_start_matches('#');
    let full: String =
        if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&full[at..at + 2], 16).unwrap()) / 255.0)
}

fn luminance(colour: [f64; 3]) -> f64 {
    let [red, green, blue] =
        colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_text_is_legible_in_light_and_dark() {
    for (front, backs, least) in [
        (
            "--text",
            &["--ground", "--surface", "--sunken", "--raised", "--accent-soft", "--bad-soft"][..],
            7.0,
        ),
        ("--soft", &["--ground", "--surface", "--sunken", "--raised", "--accent-soft"], 4.5),
        ("--accent", &["--ground", "--surface", "--accent-soft"], 4.5),
        ("--on-accent", &["--accent-fill", "--bad-fill"], 4.5),
        ("--good", &["--good-soft", "--surface"], 4.5),
        ("--care", &["--care-soft", "--surface"], 4.5),
        ("--bad", &["--bad-soft", "--surface", "--ground", "--raised"], 4.5),
        ("--violet", &["--violet-soft", "--surface"], 4.5),
        ("--line-strong", &["--surface"], 3.0),
    ] {
        for back in backs {
            for dark in [false, true] {
                let ratio = contrast(colour(front, dark), colour(back, dark));
                assert!(
                    ratio >= least,
                    "{front} on {back} (dark: {dark}) has only {ratio:.2}, needs {least}"
                );
            }
        }
    }
}

#[test]
fn the_style_respects_what_people_have_set() {
    for wanted in [
        "prefers-reduced-motion: reduce",
        "prefers-contrast: more",
        "forced-colors: active",
        "@media print",
        "color-scheme: light dark",
        ":focus-visible",
    ] {
        assert!(STYLE.contains(wanted), "{wanted}");
    }
    // Logical properties only, so that a page in a right-to-left language is mirrored.
    for never in [
        "margin-left",
        "margin-right",
        "padding-left",
        "padding-right",
        "text-align: left",
        "border-left",
        "\n  left:",
    ] {
        assert!(!STYLE.contains(never), "{never}");
    }
}
