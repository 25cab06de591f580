//! What people see in their browser.

use reqwest::{
    Response,
    header::{CONTENT_TYPE, HeaderMap},
};

use super::{persona::Persona, wait::in_time};

/// A page, read in full, after the browser has followed where it was led.
#[derive(Clone, Debug)]
pub struct Page {
    status: u16,
    path: String,
    headers: HeaderMap,
    html: String,
}

impl Persona {
    /// Looks at a page.
    pub async fn visit(&self, path: &str) -> Page {
        Page::read(in_time(path, self.browse().get(self.url(path)).send()).await).await
    }

    /// Presses the button of a form with these fields.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .browse()
            .post(self.url(path))
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        Page::read(in_time(path, request.send()).await).await
    }
}

impl Page {
    async fn read(response: Result<Response, reqwest::Error>) -> Self {
        let response = response.expect("the host answers");
        let (status, path) = (response.status().as_u16(), response.url().path().to_owned());
        let headers = response.headers().clone();
        assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8", "{path}: {status}");
        let html = in_time(&path, response.text()).await.expect("the page arrives in full");
        Self { status, path, headers, html }
    }

    /// The same page, which must have this status and show this text.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "often that is all that matters"
    )]
    pub fn shows(self, status: u16, text: &str) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.path, self.html);
        assert!(self.html.contains(text), "{}: {}", self.path, self.html);
        self
    }

    /// Where the browser is now.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the page is made of.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// One header, if it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are visible"))
    }

    /// The value of a hidden field.
    #[must_use]
    pub fn hidden(&self, name: &str) -> &str {
        let marker = format!("name=\"{name}\" value=\"");
        let value = self.html.split(&marker).nth(1).and_then(|rest| rest.split('"').next());
        value.unwrap_or_else(|| panic!("{}: no field {name}: {}", self.path, self.html))
    }
}
