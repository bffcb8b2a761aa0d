using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Sessions and TempData.</summary>
internal static class Sessions
{
    public static IEnumerable<Case> All =>
    [
        Get("/session/facts"),
        Get("/session/get?key=a"),
        Get("/session/set?key=a&value=1"),
        Get("/session/keys"),
        Get("/session/clear"),
        Head("/session/set?key=a&value=1"),
        Get("/session/late"),
        Get("/session/set?key=a&value=1", "Cookie: .Pomegranate.Session=planted"),
        Scenario("a value comes back", Get("/session/set?key=a&value=1"), Get("/session/get?key=a"), Get("/session/keys")),
        Scenario("a value is removed", Get("/session/set?key=a&value=1"), Get("/session/remove?key=a"), Get("/session/get?key=a")),
        Scenario("values are cleared", Get("/session/set?key=a&value=1"), Get("/session/set?key=b&value=2"), Get("/session/clear"), Get("/session/keys")),
        Scenario("a counter", Get("/session/number"), Get("/session/number"), Get("/session/number")),
        Scenario("an empty value", Get("/session/set?key=a&value="), Get("/session/get?key=a"), Get("/session/keys")),
        Scenario("odd keys", Get("/session/set?key=%C3%A9%20&value=%F0%9F%8D%8E"), Get("/session/keys"), Get("/session/get?key=%C3%A9%20")),
        Scenario("a large value", Get("/session/set?key=a&value=" + Bytes(3000)), Get("/session/get?key=a")),
        Scenario("a value before an exception", Get("/session/set?key=a&value=1"), Get("/session/throw"), Get("/session/get?key=thrown")),
        Scenario("a value set after the response has started, in a session that is", Get("/session/set?key=a&value=1"), Get("/session/late"), Get("/session/get?key=late")),
        Scenario("TempData lives once", Form("/tempdata", "note=x%20y"), Get("/tempdata"), Get("/tempdata")),
        Scenario("TempData is peeked at", Form("/tempdata", "note=x"), Get("/tempdata/peek"), Get("/tempdata/peek"), Get("/tempdata")),
        Get("/tempdata"),
    ];
}
