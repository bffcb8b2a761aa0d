using Pomegranate.Http;
using Pomegranate.Sessions;
using Pomegranate.Streaming;

namespace Pomegranate.Gateway;

/// <summary>What frontends and session homes say to each other.</summary>
internal static class GatewayProtocol
{
    /// <summary>A message between nodes.</summary>
    public interface IGatewayMessage;

    /// <summary>A message to a session's home, wherever its shard is.</summary>
    public interface ISessionMessage
    {
        SessionId SessionId { get; }
    }

    /// <summary>
    /// Run this request in its session. Sent again with the same id after a node died; the home runs an id once.
    /// </summary>
    /// <param name="IsFreshId">The frontend has just made the id: no replica can know it, so none needs to be read.</param>
    /// <param name="Ticket">Where bodies that do not fit a message are streamed.</param>
    public sealed record RunRequest(RequestId RequestId, SessionId SessionId, bool IsFreshId, WebRequest Request, StreamTicket Ticket) : ISessionMessage, IGatewayMessage
    {
        /// <summary>
        /// A node that died may have run the request, and it is not safe to run again: run it only if it is exactly-once
        /// here, else say <see cref="ReplyKind.NotSeen"/>. Sent only after <see cref="ReplyKind.NotSeen"/> with
        /// <see cref="TakesRequestsInDoubt"/>.
        /// </summary>
        public bool IsInDoubt { get; init; }

        /// <summary>
        /// RFC 9110 section 9.2.2: the method means the same once or several times. In doubt too it runs, unless the app says
        /// that this one never runs twice. Sent in doubt only after <see cref="TakesRepeatsInDoubt"/>.
        /// </summary>
        public bool IsIdempotent => Idempotency.IsOf(Request.Method);

        /// <summary>
        /// Run it on the node that receives it, whoever is the session's home: it belongs to something that lives in that
        /// process (<see cref="NodeMark"/>). The session, if there is one, can be read there and not changed.
        /// </summary>
        public bool IsForNode { get; init; }
    }

    /// <summary>
    /// The <see cref="RequestReply.Reason"/> of a <see cref="ReplyKind.NotSeen"/> from a home that knows requests in doubt
    /// whose method is idempotent. Homes of earlier builds say none, and frontends of earlier builds do not look.
    /// </summary>
    public const string TakesRepeatsInDoubt = "repeats";

    /// <summary>
    /// The <see cref="RequestReply.Status"/> of a <see cref="ReplyKind.NotSeen"/> from a home that knows
    /// <see cref="RunRequest.IsInDoubt"/>: send it the whole request. Homes of earlier builds say 0, and frontends of
    /// earlier builds do not look.
    /// </summary>
    public const int TakesRequestsInDoubt = 1;

    /// <summary>
    /// Answer <see cref="RunRequest"/> with this id if you have seen it or its outcome is recorded in the session, else
    /// say <see cref="ReplyKind.NotSeen"/>. Sent for a request that is not safe to run again, after a node died that may
    /// have had it.
    /// </summary>
    public sealed record FindRequest(RequestId RequestId, SessionId SessionId) : ISessionMessage, IGatewayMessage;

    /// <summary>The client is gone: cancel the request if it still runs.</summary>
    public sealed record CancelRequest(RequestId RequestId, SessionId SessionId) : ISessionMessage, IGatewayMessage;

    /// <summary>
    /// Messages to sessions whose home is believed to be on the receiving node, in their order; to its actor
    /// <see cref="InletName"/>. All that waits for one node travels at once: a message between nodes costs as much as
    /// what is in it.
    /// </summary>
    public sealed record SessionMessages(IReadOnlyList<ISessionMessage> Items) : IGatewayMessage;

    /// <summary>Answers of sessions on the sending node, in their order.</summary>
    public sealed record Replies(IReadOnlyList<RequestReply> Items) : IGatewayMessage;

    /// <summary>The actor under <c>/user</c> that takes <see cref="SessionMessages"/>; the same on every backend.</summary>
    public const string InletName = "request-inlet";

    /// <summary>The answer to <see cref="RunRequest"/> and <see cref="FindRequest"/>.</summary>
    /// <param name="Node">The name of the node that answers.</param>
    /// <param name="Status">
    /// For <see cref="ReplyKind.Refused"/>: the status code the client is given. For <see cref="ReplyKind.Aborted"/>: one
    /// more than the error code with which the app has reset a stream of HTTP/2 or HTTP/3, 0 where it has not.
    /// </param>
    /// <param name="Reason">For <see cref="ReplyKind.Refused"/>: what the client is told.</param>
    public sealed record RequestReply(
        RequestId RequestId,
        ReplyKind Kind,
        string Node,
        WebResponse? Response = null,
        CookieChange Cookie = default,
        int Status = 0,
        string? Reason = null) : IGatewayMessage;

    public enum ReplyKind : byte
    {
        /// <summary>The app answered: <see cref="RequestReply.Response"/>.</summary>
        Response = 1,

        /// <summary>No session has this id (never made here, expired, abandoned): run the request under a fresh one.</summary>
        UnknownSession = 2,

        /// <summary>This home has not seen the request id, nor does its session.</summary>
        NotSeen = 3,

        /// <summary>The home could not run or commit the request: a status with the reason.</summary>
        Refused = 4,

        /// <summary>The home has the request already and still runs it: the answer follows.</summary>
        Running = 6,

        /// <summary>The request became a dead letter on its way: no home has seen it, and it may be sent again.</summary>
        Undelivered = 7,

        /// <summary>The request belongs to something that lives on another node, which it names: send it there.</summary>
        Elsewhere = 8,

        /// <summary>The app aborted the connection, or failed after it had begun to answer: the client's is cut.</summary>
        Aborted = 5,
    }

    /// <summary>
    /// What becomes of the client's session cookie. Homes write the cookie into the app's response themselves and say
    /// nothing here; homes of earlier builds leave it to the frontend.
    /// </summary>
    public readonly record struct CookieChange(CookieAction Action, SessionId Id);

    public enum CookieAction : byte
    {
        /// <summary>Nothing changes; the id, where there is one, is that of the session the request ran in.</summary>
        Keep = 0,

        /// <summary>The session was established or its id renewed: set the cookie to the id.</summary>
        Set = 1,

        /// <summary>The session was abandoned: delete the cookie.</summary>
        Delete = 2,
    }
}
