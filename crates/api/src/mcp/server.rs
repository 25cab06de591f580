//! Answers the requests of the protocol for one caller.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        self, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
        CustomResult, ErrorCode, Implementation, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};

use crate::{
    auth::Caller,
    mcp::{
        call::{Call, Failure, Outcome},
        registry::{TOOLS, Tool},
    },
    state::Api,
};

/// What the server calls itself.
const NAME: &str = "perme8-mcp";
const VERSION: &str = "1.0.0";

/// The method that calls a tool.
const CALL: &str = "tools/call";

/// Does for a caller what that caller may.
#[derive(Debug, Clone)]
pub(super) struct Server {
    api: Api,
    caller: Caller,
}

impl Server {
    pub(super) fn new(api: Api, caller: Caller) -> Self {
        Self { api, caller }
    }

    /// Calls a tool, if the caller may and it takes what it is given.
    async fn call(&self, request: CallToolRequestParams) -> Result<CallToolResult, ErrorData> {
        let CallToolRequestParams { name, arguments, .. } = request;
        let Some(tool) = Tool::named(&name) else {
            return Err(malformed("there is no such tool: tools/list lists those that there are"));
        };
        if !self.caller.may(tool.scope) {
            let scope = tool.scope.as_str();
            return Ok(refused(format!(
                "Insufficient permissions: the key needs the scope {scope}"
            )));
        }
        let (api, caller) = (self.api.clone(), self.caller.clone());
        let arguments = arguments.unwrap_or_default();
        told((tool.run)(Call { api, caller, arguments }).await)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new(NAME, VERSION))
            .with_instructions(
                "Workspaces hold projects and documents, each addressed by its slug. \
                 tools.search finds what you can do.",
            )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(TOOLS.iter().map(Tool::described).collect()))
    }

    fn get_tool(&self, name: &str) -> Option<model::Tool> {
        Tool::named(name).map(Tool::described)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.call(request).await.map(CallToolResponse::from)
    }

    /// Also what is a call but has not the form of one.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        if request.method == CALL {
            return Err(malformed("a call has the name of a tool, and its arguments as an object"));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "there is no such method", None))
    }
}

/// What comes of a call, as the protocol says it.
fn told(outcome: Outcome) -> Result<CallToolResult, ErrorData> {
    match outcome {
        Ok(text) => Ok(CallToolResult::success(vec![ContentBlock::text(text)])),
        Err(Failure::Refused(text)) => Ok(refused(text)),
        Err(Failure::Failed(error)) => Ok(refused(error.told())),
        Err(Failure::Arguments(error)) => Err(malformed(error.told())),
    }
}

fn refused(text: impl Into<String>) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

fn malformed(text: impl Into<String>) -> ErrorData {
    ErrorData::invalid_params(text.into(), None)
}
