using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.Sessions;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Hosting;

/// <summary>
/// What the app says of its session and a cluster cannot do stops the start. What came from our own options, because the app
/// says nothing, is checked with them.
/// </summary>
internal sealed class SessionOptionsValidator(AppSessionOptions defaults) : IValidateOptions<SessionOptions>
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    public ValidateOptionsResult Validate(string? name, SessionOptions options)
    {
        var failures = new List<string>();
        var cookie = options.Cookie;
        if (!SessionCookieName.IsValid(cookie.Name) && cookie.Name != defaults.Ours.CookieName)
        {
            failures.Add(Said("Cookie.Name", cookie.Name, SessionCookieName.Rule));
        }

        if (cookie.Path is { } path && !path.StartsWith('/') && path != defaults.Ours.CookiePath)
        {
            failures.Add(Said("Cookie.Path", path, "must begin with /"));
        }

        if ((options.IdleTimeout < s_second || options.IdleTimeout > ClusterSessionOptionsValidator.LongestIdleTimeout) && options.IdleTimeout != defaults.Ours.IdleTimeout)
        {
            failures.Add(Said("IdleTimeout", options.IdleTimeout, $"must be between {s_second} and {ClusterSessionOptionsValidator.LongestIdleTimeout}"));
        }

        if ((options.IOTimeout < s_second || options.IOTimeout > TimeSpan.FromSeconds(60)) && options.IOTimeout != defaults.CommitTimeout)
        {
            failures.Add(Said(
                "IOTimeout", options.IOTimeout, "must be between 00:00:01 and 00:01:00: a change that waits longer for its copies is given up, "
                + "and a session is not waited for longer after a failover"));
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string Said(string key, object? value, string rule) =>
        string.Create(CultureInfo.InvariantCulture, $"The app's SessionOptions.{key} (AddSession) is '{value}' but {rule}.");
}
