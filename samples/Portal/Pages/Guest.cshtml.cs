using System.Globalization;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Portal.Pages;

/// <summary>A page for everybody, without sign-in and without a session.</summary>
public sealed class GuestModel(TimeProvider time) : PageModel
{
    /// <summary>The time on the node that answers.</summary>
    public string Now => time.GetUtcNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
