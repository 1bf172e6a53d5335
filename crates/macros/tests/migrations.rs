//! `migrations!` puts the files that the index lists into the program, in order.

/// Stands for the module of the database room.
mod here {
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) struct Set {
        pub(crate) app: &'static str,
        pub(crate) files: &'static [(&'static str, &'static str)],
    }
}

#[test]
fn the_files_are_there_in_order() {
    let files = &[("0001_initial", "# first\n"), ("0002_more", "# second\n")];
    assert_eq!(
        grantwell_macros::migrations!("tests/migrations", here),
        here::Set { app: "stable", files }
    );
}

#[test]
fn a_folder_that_is_not_there_is_an_empty_set_of_this_package() {
    assert_eq!(
        grantwell_macros::migrations!("none", here),
        here::Set { app: "grantwell-macros", files: &[] }
    );
    assert_eq!(
        grantwell_macros::migrations!(here),
        here::Set { app: "grantwell-macros", files: &[] }
    );
}
