//! A platform made of numbers: honest lists are read completely, every lie is named.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn page_number() -> Paging {
    Paging::PageNumber {
        page_parameter: "pageNumber".to_owned(),
        size_parameter: "pageSize".to_owned(),
        page_size: 100,
        page_count: "/pageCount".to_owned(),
        total: Some("/total".to_owned()),
    }
}

fn next_uri(total: bool) -> Paging {
    Paging::NextUri {
        size_parameter: "pageSize".to_owned(),
        page_size: 100,
        next: "/nextUri".to_owned(),
        total: total.then(|| "/total".to_owned()),
        page_count: Some("/pageCount".to_owned()),
    }
}

fn token(total: bool) -> Paging {
    Paging::NextPageToken {
        token_parameter: "pageToken".to_owned(),
        size_parameter: "pageSize".to_owned(),
        page_size: 100,
        next: "/next".to_owned(),
        total: total.then(|| "/total".to_owned()),
    }
}

/// The pages of an honest list with these page sizes.
fn honest(paging: &Paging, sizes: &[u64]) -> Vec<PageFacts> {
    let total: u64 = sizes.iter().sum();
    let count = sizes.len() as u64;
    (1..)
        .zip(sizes)
        .map(|(number, size)| PageFacts {
            digest: Digest::of(format!("body {number}").as_bytes()),
            entities: *size,
            first_key: (*size > 0).then(|| format!("key {number}")),
            total: match paging {
                Paging::Single { total: told }
                | Paging::PageNumber { total: told, .. }
                | Paging::NextUri { total: told, .. }
                | Paging::NextPageToken { total: told, .. } => told.as_ref().map(|_| total),
            },
            page_count: matches!(paging, Paging::PageNumber { .. } | Paging::NextUri { .. }).then_some(count),
            next: (matches!(paging, Paging::NextUri { .. } | Paging::NextPageToken { .. }) && number < count)
                .then(|| format!("/list?page={}", number + 1)),
        })
        .collect()
}

/// Hands pages in as long as the pager asks for any.
fn follow(paging: &Paging, pages: &[PageFacts]) -> (Result<Step, PagingFault>, u64) {
    let mut follower = Pager::new(paging);
    let mut end = Ok(Step::More);
    for page in pages {
        assert!(follower.next_request().is_some());
        end = follower.accept(page.clone());
        if end != Ok(Step::More) {
            break;
        }
    }
    (end, follower.read())
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn each_style_asks_in_its_own_way() {
    let by_number = page_number();
    let mut pager = Pager::new(&by_number);
    let first = PageRequest::Query(vec![pair("pageSize", "100"), pair("pageNumber", "1")]);
    assert_eq!(pager.next_request(), Some(first));
    assert_eq!(pager.accept(honest(&by_number, &[100, 7])[0].clone()), Ok(Step::More));
    let second = PageRequest::Query(vec![pair("pageSize", "100"), pair("pageNumber", "2")]);
    assert_eq!(pager.next_request(), Some(second));
    assert_eq!(pager.accept(honest(&by_number, &[100, 7])[1].clone()), Ok(Step::End));
    assert_eq!(pager.next_request(), None);

    let by_link = next_uri(true);
    let mut pager = Pager::new(&by_link);
    assert_eq!(pager.next_request(), Some(PageRequest::Query(vec![pair("pageSize", "100")])));
    assert_eq!(pager.accept(honest(&by_link, &[100, 7])[0].clone()), Ok(Step::More));
    assert_eq!(pager.next_request(), Some(PageRequest::Link("/list?page=2".to_owned())));

    let by_token = token(true);
    let mut pager = Pager::new(&by_token);
    assert_eq!(pager.next_request(), Some(PageRequest::Query(vec![pair("pageSize", "100")])));
    assert_eq!(pager.accept(honest(&by_token, &[100, 7])[0].clone()), Ok(Step::More));
    let second = PageRequest::Query(vec![pair("pageSize", "100"), pair("pageToken", "/list?page=2")]);
    assert_eq!(pager.next_request(), Some(second));

    let single = Paging::Single { total: None };
    let mut pager = Pager::new(&single);
    assert_eq!(pager.next_request(), Some(PageRequest::Query(Vec::new())));
    assert_eq!(pager.accept(honest(&single, &[3])[0].clone()), Ok(Step::End));
}

#[test]
fn an_empty_list_says_so_itself() {
    for paging in [page_number(), next_uri(true), token(true), Paging::Single { total: None }] {
        let mut pages = honest(&paging, &[0]);
        assert_eq!(follow(&paging, &pages).0, Ok(Step::End), "{paging:?}");
        if matches!(paging, Paging::PageNumber { .. }) {
            pages[0].page_count = Some(0);
            assert_eq!(follow(&paging, &pages).0, Ok(Step::End), "page count 0");
        }
    }
}

#[test]
fn every_lie_is_named() {
    type Lie = fn(&mut Vec<PageFacts>);
    let cases: [(&str, Lie, PagingFault); 10] = [
        (
            "a page twice",
            |pages| {
                pages[2].digest = pages[1].digest;
            },
            PagingFault::RepeatedPage { page: 3, earlier: 2 },
        ),
        (
            "a page twice in other words",
            |pages| pages[2].first_key = pages[0].first_key.clone(),
            PagingFault::RepeatedPage { page: 3, earlier: 1 },
        ),
        (
            "a link twice",
            |pages| pages[1].next = pages[0].next.clone(),
            PagingFault::RepeatedNext { page: 2, earlier: 2 },
        ),
        (
            "total moves",
            |pages| pages[1].total = Some(206),
            PagingFault::Moved {
                figure: Figure::Total,
                page: 2,
                expected: Told(Some(205)),
                found: Told(Some(206)),
            },
        ),
        (
            "total vanishes",
            |pages| pages[1].total = None,
            PagingFault::Untold { figure: Figure::Total, page: 2 },
        ),
        (
            "page count moves",
            |pages| pages[2].page_count = Some(4),
            PagingFault::Moved {
                figure: Figure::PageCount,
                page: 3,
                expected: Told(Some(3)),
                found: Told(Some(4)),
            },
        ),
        (
            "a short page",
            |pages| pages[0].entities = 99,
            PagingFault::Short { read: 204, total: 205, pages: 3 },
        ),
        (
            "an early end",
            |pages| pages[0].next = None,
            PagingFault::Short { read: 100, total: 205, pages: 1 },
        ),
        (
            "no end",
            |pages| {
                let more = PageFacts {
                    digest: Digest::of(b"more"),
                    first_key: Some("more".to_owned()),
                    next: Some("/list?page=5".to_owned()),
                    ..pages[2].clone()
                };
                pages[2].next = Some("/list?page=4".to_owned());
                pages.push(more);
            },
            PagingFault::Surplus { read: 210, total: 205, pages: 4 },
        ),
        (
            "nothing without end",
            |pages| {
                pages[2].next = Some("/list?page=4".to_owned());
                for page in 4..9 {
                    pages.push(PageFacts {
                        digest: Digest::of(b"empty"),
                        entities: 0,
                        first_key: None,
                        next: Some(format!("/list?page={}", page + 1)),
                        ..pages[2].clone()
                    });
                }
            },
            PagingFault::EmptyPages { page: 6 },
        ),
    ];
    let paging = next_uri(true);
    for (name, lie, fault) in cases {
        let mut pages = honest(&paging, &[100, 100, 5]);
        lie(&mut pages);
        assert_eq!(follow(&paging, &pages).0, Err(fault), "{name}");
    }
}

#[test]
fn a_list_without_figures_still_has_an_end() {
    let paging = token(false);
    let mut pager = Pager::new(&paging);
    for number in 1.. {
        let page = PageFacts {
            digest: Digest::of(format!("{number}").as_bytes()),
            entities: 1,
            first_key: Some(format!("{number}")),
            total: None,
            page_count: None,
            next: Some(format!("{number}")),
        };
        match pager.accept(page) {
            Ok(Step::More) => assert!(number < MOST_PAGES),
            other => {
                assert_eq!(other, Err(PagingFault::Endless));
                assert_eq!(number, MOST_PAGES);
                break;
            }
        }
    }
}

#[test]
fn numbered_pages_need_a_page_count() {
    let paging = page_number();
    let mut pages = honest(&paging, &[3]);
    pages[0].page_count = None;
    let untold = PagingFault::Untold { figure: Figure::PageCount, page: 1 };
    assert_eq!(follow(&paging, &pages).0, Err(untold));
}

#[test]
fn nothing_follows_the_end() {
    let paging = Paging::Single { total: None };
    let mut pager = Pager::new(&paging);
    let page = honest(&paging, &[3]).remove(0);
    assert_eq!(pager.accept(page.clone()), Ok(Step::End));
    assert_eq!(pager.accept(page), Err(PagingFault::AfterEnd { page: 2 }));
}

#[test]
fn facts_are_read_where_the_profile_says() {
    let paging = next_uri(true);
    let facts = |body: Value| PageFacts::of(&paging, &body, Digest::of(b""), 2, Some("a".to_owned()));
    let page = facts(json!({"total": 7, "pageCount": 2, "nextUri": "/next"})).unwrap();
    assert_eq!((page.total, page.page_count, page.next.as_deref()), (Some(7), Some(2), Some("/next")));
    for none in [
        json!({}),
        json!({"nextUri": null}),
        json!({"nextUri": ""}),
        json!({"total": "7"}),
        json!({"total": -7}),
    ] {
        let page = facts(none).unwrap();
        assert_eq!((page.total, page.next), (None, None));
    }
    for odd in [json!({"nextUri": false}), json!({"nextUri": {}}), json!({"nextUri": "x".repeat(8_193)})] {
        assert_eq!(facts(odd), Err(PagingFault::NextForm));
    }
}

proptest! {
    #[test]
    fn an_honest_list_is_read_to_its_end(sizes in proptest::collection::vec(1_u64..500, 1..40), style in 0_usize..5) {
        let paging = [page_number(), next_uri(true), next_uri(false), token(true), token(false)]
            .into_iter().nth(style).unwrap();
        let (end, read) = follow(&paging, &honest(&paging, &sizes));
        prop_assert_eq!(end, Ok(Step::End));
        prop_assert_eq!(read, sizes.iter().sum::<u64>());
    }

    /// Whatever one page is made to say, the list ends complete only if nothing was lost.
    #[test]
    fn no_single_lie_makes_a_short_list_complete(
        sizes in proptest::collection::vec(1_u64..500, 1..20),
        style in 0_usize..3,
        at in any::<proptest::sample::Index>(),
        lost in 1_u64..500,
    ) {
        let paging = [page_number(), next_uri(true), token(true)].into_iter().nth(style).unwrap();
        let mut pages = honest(&paging, &sizes);
        let at = at.index(pages.len());
        pages[at].entities = pages[at].entities.saturating_sub(lost);
        let (end, _) = follow(&paging, &pages);
        prop_assert!(end.is_err(), "{:?}", end);
    }
}
