using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Pomegranate.Frontend.Edge;

/// <summary>
/// The header <c>Forwarded</c> (RFC 7239) that the app sees: ours, with what the frontend believes of the client. What a
/// client or a proxy sent of it is replaced; a trusted proxy tells the same facts by <c>X-Forwarded-*</c>.
/// </summary>
internal static class ForwardedHeader
{
    public static void SetForwardedHeader(this TransformBuilderContext transforms) =>
        transforms.AddForwarded(forFormat: NodeFormat.Ip, byFormat: NodeFormat.None, action: ForwardedTransformActions.Set, removeAllXForwardedHeaders: false);
}
