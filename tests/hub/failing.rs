//! What goes wrong between here and a hub: the right words, exit code 2, nothing half-written, a retry where
//! one helps.

use expect_test::expect;
use std::{fs, time::Duration};

use crate::{
    run::{Place, Ran, read, resnet},
    server::What,
};

fn unlearn(place: &Place) -> Ran {
    place.run(&["unlearn", "org/resnet", "--forget", "5", "--method", "seal", "-o", "out", "-q"])
}

/// A run that fails, leaves no output, and in the cache nothing that could be taken for a whole file.
#[track_caller]
fn fails(place: &Place) -> Ran {
    let ran = unlearn(place).exits(2);
    assert!(!place.path("out").exists());
    let left = place.cached();
    assert!(!left.iter().any(|path| path.contains("declass/") && path.contains("safetensors")), "{left:?}");
    let blobs = left.iter().filter(|path| path.contains("blobs/") && !path.ends_with(".incomplete"));
    let sizes: Vec<u64> =
        blobs.map(|path| fs::metadata(place.path("home/hub").join(path)).unwrap().len()).collect();
    assert!(sizes.iter().all(|size| *size < 10_000), "{left:?} {sizes:?}");
    ran
}

fn refuse(status: u16) -> What {
    What::Answer(status, Vec::new())
}

#[test]
fn servers_that_recover_are_waited_for() {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/revision/", 1, refuse(503));
    place.hub.fault("/tree/", 2, refuse(500));
    place.hub.fault("config.json", 1, refuse(429));
    place.hub.fault("/large/", 1, What::Answer(429, vec![("Retry-After", "1".into())]));
    place.hub.fault("/large/", 1, What::Cut(0));
    unlearn(&place).exits(0);
}

#[test]
fn servers_that_do_not_recover_are_named() {
    for (on, status, hint) in [
        ("/revision/", 401, "HF_TOKEN"),
        ("/revision/", 403, "conditions"),
        ("/revision/", 404, "spelled right"),
        ("/tree/", 500, "try again later"),
        ("/large/", 404, "spelled right"),
    ] {
        let (place, _) = Place::with_resnet();
        place.hub.fault(on, 9, refuse(status));
        fails(&place).says(&format!("answered {status}: as ordered")).says(hint).says(&place.hub.endpoint());
    }
}

#[test]
fn a_server_that_wants_an_hour_is_left_alone() {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/revision/", 9, What::Answer(429, vec![("Retry-After", "3600".into())]));
    fails(&place).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/revision/main` answered 429: as ordered

        hint: the server wants to be left alone for 3600 seconds
    "#]]);
    assert_eq!(place.asked("/revision/"), 1);
}

#[test]
fn refusals_that_stay_are_not_repeated() {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/revision/", 9, refuse(403));
    fails(&place);
    assert_eq!(place.asked("/revision/"), 1);
}

#[test]
fn a_cut_download_goes_on_where_it_was_cut() {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/large/", 1, What::Cut(700_000));
    place.hub.fault("/large/", 1, What::Cut(100_000));
    unlearn(&place).exits(0);
    let state = place.hub.state();
    let ranges: Vec<_> =
        state.log.iter().filter(|r| r.path.starts_with("/large/")).map(|r| r.header("range")).collect();
    assert_eq!(ranges.len(), 3);
    assert!(ranges[1].unwrap().starts_with("bytes=700000-"), "{ranges:?}");
    assert!(ranges[2].unwrap().starts_with("bytes=800000-"), "{ranges:?}");
}

#[test]
fn a_later_run_goes_on_with_what_an_earlier_one_has_left() {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/large/", 1, What::Cut(700_000));
    place.hub.fault("/large/", 9, What::Cut(0));
    fails(&place).told(expect![[r#"
        error: `http://[HOST]/org/resnet/resolve/[OBJECT]/model.safetensors`: the connection failed
          caused by: request or response body error
          caused by: error reading a body from connection
          caused by: end of file before message length reached

        hint: try again later; what was downloaded so far is kept
    "#]]);
    place.hub.state().faults.clear();
    unlearn(&place).exits(0);
    let log = place.hub.state().log.clone();
    assert!(log.last().unwrap().header("range").unwrap().starts_with("bytes=700000-"));
}

#[test]
fn leftovers_that_are_wrong_do_not_spoil_the_next_run() {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/large/", 1, What::Cut(700_000));
    place.hub.fault("/large/", 9, What::Cut(0));
    fails(&place);
    place.hub.state().faults.clear();
    let cached = place.cached();
    let incomplete = cached.iter().find(|path| path.ends_with(".incomplete")).unwrap();
    let path = place.path("home/hub").join(incomplete);
    fs::write(&path, vec![7; read(&path).len()]).unwrap();
    unlearn(&place).exits(0);
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let (place, _) = Place::with_resnet();
    let whole = read(&resnet().join("model.safetensors"));
    // A large file that is served like a small one, without parts.
    place.hub.fault("/large/", 1, What::Cut(700_000));
    place.hub.fault("/large/", 1, What::Ranges);
    unlearn(&place).exits(0);
    let cached = place.cached();
    let model = cached.iter().find(|path| path.contains("declass/") && path.ends_with("model.safetensors"));
    assert_eq!(read(&place.path("home/hub").join(model.unwrap())), whole);
}

#[test]
fn wrong_bytes_are_found_by_their_digest_and_kept_nowhere() {
    for on in ["/large/", "config.json"] {
        let (place, _) = Place::with_resnet();
        place.hub.fault(on, 9, What::Corrupt);
        fails(&place).says("came damaged: its digest is").says("try again");
        assert!(!place.cached().iter().any(|path| path.ends_with(".incomplete")));
        place.hub.state().faults.clear();
        unlearn(&place).exits(0);
    }
}

#[test]
fn more_bytes_than_were_said_are_too_many() {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/large/", 9, What::Longer);
    fails(&place).told(expect![[r#"
        error: file `model.safetensors` came damaged: more than 1258064 bytes came

        hint: try again; if it stays so, the repository or the server is broken
    "#]]);
}

#[test]
fn silence_is_borne_for_a_while() {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/large/", 1, What::Silence(Duration::from_secs(1)));
    unlearn(&place).exits(0);
    let (place, _) = Place::with_resnet();
    place.hub.fault("/large/", 1, What::Silence(Duration::from_secs(5)));
    unlearn(&place).exits(0);
    let (place, _) = Place::with_resnet();
    place.hub.fault("/revision/", 9, What::Silence(Duration::from_secs(30)));
    fails(&place).told(expect![[r#"
        error: there is no path `org/resnet` here, so it was looked up on the Hub
          caused by: `http://[HOST]/api/models/org/resnet/revision/main`: the connection failed
          caused by: error decoding response body
          caused by: operation timed out

        hint: if a path was meant, is it spelled right? If not, try again later: what was downloaded so far is kept
    "#]]);
}

#[test]
fn nobody_there() {
    let (place, _) = Place::with_resnet();
    let mut command = place.declass(&["inspect", "org/resnet"]);
    crate::run::finish(command.env("HF_ENDPOINT", "http://127.0.0.1:1")).exits(2).told(expect![[r#"
        error: there is no path `org/resnet` here, so it was looked up on the Hub
          caused by: `http://[HOST]/api/models/org/resnet/revision/main`: the connection failed
          caused by: error sending request
          caused by: client error (Connect)
          caused by: tcp connect error
          caused by: Connection refused (os error 111)

        hint: if a path was meant, is it spelled right? If not, try again later: what was downloaded so far is kept
    "#]]);
    for strange in ["ftp://x", "127.0.0.1", "http://user:pw@x", "http://x?y"] {
        let mut command = place.declass(&["inspect", "org/resnet"]);
        crate::run::finish(command.env("HF_ENDPOINT", strange)).exits(2).says("hub address");
    }
}
