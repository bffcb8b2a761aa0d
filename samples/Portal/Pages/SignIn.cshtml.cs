using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Mvc;
using Pomegranate.Backend;

namespace Portal.Pages;

/// <summary>Cookie sign-in with any name and one password, shown on the page.</summary>
public sealed class SignInModel : SessionPageModel
{
    /// <summary>The password that everybody has.</summary>
    public const string DemoPassword = "grenadine";

    /// <summary>When this session signed in: an attribute beside the authentication cookie, so that both are seen to survive.</summary>
    internal const string SignedInAtAttribute = "signed-in-at";

    /// <summary>Who the visitor says they are.</summary>
    [BindProperty]
    [Required(ErrorMessage = "Tell us a name, any name.")]
    [StringLength(40, ErrorMessage = "At most 40 characters, please.")]
    public string Name { get; set; } = "";

    /// <summary>What the visitor typed.</summary>
    [BindProperty]
    [Required(ErrorMessage = "The password is below the form.")]
    public string Password { get; set; } = "";

    /// <summary>Where the visitor was going.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    /// <summary>Signs in and goes where the visitor was going.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (ModelState.IsValid && Password != DemoPassword)
        {
            ModelState.AddModelError(nameof(Password), "That is not the password. It is below the form.");
        }

        if (!ModelState.IsValid)
        {
            return Page();
        }

        // A new id at the moment of sign-in: whoever planted or saw the old one must not share what follows.
        await HttpContext.Session.RenewIdAsync();
        HttpContext.Session.SetString(SignedInAtAttribute, DateTimeOffset.UtcNow.ToString("HH:mm:ss", CultureInfo.InvariantCulture));
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, Name)], CookieAuthenticationDefaults.AuthenticationScheme);
        await HttpContext.SignInAsync(new ClaimsPrincipal(identity));

        Message = $"Welcome, {Name}.";
        return LocalRedirect(Url.IsLocalUrl(ReturnUrl) ? ReturnUrl : "/");
    }
}
